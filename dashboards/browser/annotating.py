"""The handler behind stars and notes; the guard has made sure that one of our pages asks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cca.annotations import (
    Annotation,
    SessionAnnotation,
    amend,
    annotations_in_list,
    annotations_of,
    changed,
)
from cca.conversation.stored import find_entry
from cca.dashboards.browser.archive import find_session, named_title
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.guard import user_of
from cca.dashboards.browser.handler import Reading
from cca.dashboards.browser.listing import MOST_PICKED
from cca.dashboards.browser.views import render

_MAX_BODY_BYTES = 80_000
# As many as a person selects in the list.
Answer = tuple[str, str]


class Annotations(Reading):
    """GET: the annotations of a session. POST: a change to one, answered with how it is shown.

    GET of several sessions (`id`) tells what all of them have. A change to several `sessions` stars
    them or not, adds `tags` and removes `untags`.
    """

    async def get(self) -> None:
        await self.answer(self._read)

    async def post(self) -> None:
        changes = self._changes()
        if changes is None:
            self.send_error(400)
            return
        several = changes.get("sessions")
        if isinstance(several, list):
            await self.answer(lambda: self._write_all([str(one) for one in several], changes))
        else:
            await self.answer(lambda: self._write(changes))

    def _read(self) -> Answer:
        several = self.get_arguments("id")
        if several:
            return self._read_all(several[:MOST_PICKED])
        annotations = annotations_of(self.desk.archive.annotations, self.argument("session"))
        rows = [_row(annotation) for annotation in annotations.values()]
        return "application/json", json.dumps({"rows": rows})

    def _read_all(self, sessions: list[str]) -> Answer:
        """Whether all of these sessions are starred, and the tags that any of them has."""
        marks = annotations_in_list(self.desk.archive.annotations, sessions)
        own = [marks.get(session, SessionAnnotation()) for session in sessions]
        tags = sorted({tag for mark in own for tag in mark.tags})
        starred = all(mark.is_starred for mark in own)
        return "application/json", json.dumps({"starred": starred, "tags": tags})

    def _write(self, changes: dict[str, Any]) -> Answer | None:
        session, entry = str(changes.get("session") or ""), str(changes.get("entry") or "")
        archive = self.desk.archive
        found = find_entry(archive.entries, session, entry) if entry else None
        origin = found.document if found else archive.entries.find_one({"sessionKey": session})
        if origin is None or (entry and found is None):
            return None
        entry = found.id if found else ""
        place = Annotation(session, entry)
        annotation = amend(
            archive.annotations, place, lambda before: self._signed(before, changes), origin
        )
        html = render("mark.html", archive.timezone, mark=annotation)
        row = find_session(archive, session) if not entry else None
        told = {"name": named_title(row, annotation)} if row else {}
        return "application/json", json.dumps({**_row(annotation), **told, "html": str(html)})

    def _write_all(self, sessions: list[str], changes: dict[str, Any]) -> Answer:
        """The rows of the list as they are shown now, by session."""
        archive = self.desk.archive
        for session in sessions[:MOST_PICKED]:
            origin = archive.entries.find_one({"sessionKey": session})
            if origin is None:
                continue
            amend(
                archive.annotations,
                Annotation(session),
                lambda before: self._signed(
                    before, {**changes, "tags": _tags_after(before.tags, changes)}
                ),
                origin,
            )
        return "application/json", json.dumps(named_rows(self.desk, sessions[:MOST_PICKED]))

    def _signed(self, before: Annotation, changes: Mapping[str, Any]) -> Annotation:
        return changed(replace(before, by=user_of(self), at=datetime.now(UTC)), changes)

    def _changes(self) -> dict[str, Any] | None:
        if len(self.request.body) > _MAX_BODY_BYTES:
            return None
        try:
            given = json.loads(self.request.body)
        except ValueError:
            return None
        return given if isinstance(given, dict) else None


def _tags_after(tags: Sequence[str], changes: Mapping[str, Any]) -> list[Any]:
    """Tags with those that are added, and without those that are removed."""
    added, removed = (
        given if isinstance(given := changes.get(name), list) else [] for name in ("tags", "untags")
    )
    return [tag for tag in [*tags, *added] if tag not in removed]


def named_rows(desk: Desk, sessions: list[str]) -> dict[str, str]:
    """The titles of rows of the list with their marks as HTML, by session."""
    archive = desk.archive
    marks = annotations_in_list(archive.annotations, sessions)
    shown = {}
    for row in archive.sessions.find({"_id": {"$in": sessions}}):
        mark = marks.get(str(row["_id"]))
        name = named_title(row, mark)
        shown[str(row["_id"])] = str(
            render("row_named.html", archive.timezone, mark=mark, name=name)
        )
    return shown


def _row(annotation: Annotation) -> dict[str, Any]:
    return {
        "session": annotation.session,
        "entry": annotation.entry,
        "starred": annotation.is_starred,
        "tags": list(annotation.tags),
        "note": annotation.note,
        "title": annotation.title,
        "by": annotation.by,
        "at": annotation.at.isoformat() if annotation.at else None,
    }
