"""The handler behind stars and notes; the guard has made sure that one of our pages asks."""

import json
from datetime import UTC, datetime
from typing import Any

from cca.annotations import Mark, changed, keep, marks_of
from cca.conversation.stored import find_entry
from cca.dashboards.browser.api import Reading
from cca.dashboards.browser.guard import user_of
from cca.dashboards.browser.views import render

_MAX_BODY_BYTES = 40_000
Answer = tuple[str, str]


class Annotations(Reading):
    """GET: the marks of a session. POST: a change to one, answered with how it is shown."""

    async def get(self) -> None:
        await self.answer(self._read)

    async def post(self) -> None:
        changes = self._changes()
        if changes is None:
            self.send_error(400)
            return
        await self.answer(lambda: self._write(changes))

    def _read(self) -> Answer:
        marks = marks_of(self.desk.archive.annotations, self.argument("session"))
        rows = [_row(mark) for mark in marks.values()]
        return "application/json", json.dumps({"rows": rows})

    def _write(self, changes: dict[str, Any]) -> Answer | None:
        session, entry = str(changes.get("session") or ""), str(changes.get("entry") or "")
        archive = self.desk.archive
        found = find_entry(archive.entries, session, entry) if entry else None
        origin = found.document if found else archive.entries.find_one({"sessionKey": session})
        if origin is None or (entry and found is None):
            return None
        entry = found.id if found else ""
        before = marks_of(archive.annotations, session).get(entry) or Mark(session, entry)
        signed = Mark(
            session, entry, before.is_starred, before.tags, before.note, user_of(self),
            datetime.now(UTC),
        )  # fmt: skip
        mark = changed(signed, changes)
        keep(archive.annotations, mark, origin)
        html = render("mark.html", archive.timezone, mark=mark)
        return "application/json", json.dumps({**_row(mark), "html": str(html)})

    def _changes(self) -> dict[str, Any] | None:
        if len(self.request.body) > _MAX_BODY_BYTES:
            return None
        try:
            given = json.loads(self.request.body)
        except ValueError:
            return None
        return given if isinstance(given, dict) else None


def _row(mark: Mark) -> dict[str, Any]:
    return {
        "session": mark.session,
        "entry": mark.entry,
        "starred": mark.is_starred,
        "tags": list(mark.tags),
        "note": mark.note,
        "by": mark.by,
        "at": mark.at.isoformat() if mark.at else None,
    }
