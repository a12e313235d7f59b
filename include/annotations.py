"""Stars, tags and notes on sessions and messages: kept beside the archive, never in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from cca.masking import mask_secrets
from cca.mongo.archive import Document

MAX_NOTE_CHARACTERS = 5_000
MAX_TAGS = 20
MAX_TAG_CHARACTERS = 40


@dataclass(frozen=True)
class Mark:
    """What people noted on a session, or on one of its messages."""

    session: str
    entry: str = ""
    is_starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def id(self) -> str:
        return f"{self.session}/{self.entry}" if self.entry else self.session

    @property
    def is_empty(self) -> bool:
        return not (self.is_starred or self.tags or self.note)


@dataclass(frozen=True)
class SessionMark:
    """A session in the list: its own star and tags, and how many messages are marked."""

    is_starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    messages: int = 0


def marks_of(annotations: Collection[Document], session_id: str) -> dict[str, Mark]:
    """The marks of a session by entry; its own is that of no entry."""
    found = annotations.find({"sessionKey": session_id})
    return {mark.entry: mark for mark in map(_mark, found)}


def masked(mark: Mark) -> Mark:
    """The mark without the secrets that somebody may have noted."""
    return replace(
        mark, note=mask_secrets(mark.note), tags=tuple(map(mask_secrets, mark.tags)),
        by=mask_secrets(mark.by),
    )  # fmt: skip


def marks_in_list(annotations: Collection[Document], ids: Iterable[str]) -> dict[str, SessionMark]:
    """The marks of the sessions that have any."""
    marks: dict[str, SessionMark] = {}
    for mark in map(_mark, annotations.find({"sessionKey": {"$in": list(ids)}})):
        row = marks.get(mark.session, SessionMark())
        if mark.entry:
            marks[mark.session] = replace(row, messages=row.messages + 1)
        else:
            marks[mark.session] = replace(
                row, is_starred=mark.is_starred, tags=mark.tags, note=mark.note
            )
    return marks


def marked_sessions(annotations: Collection[Document], tag: str = "") -> list[str]:
    """Sessions with a star, on themselves or on a message; or with a tag."""
    wanted: Document = {"tags": tag} if tag else {"starred": True}
    return [str(name) for name in annotations.distinct("sessionKey", wanted)]


def all_tags(annotations: Collection[Document]) -> list[str]:
    return sorted(str(tag) for tag in annotations.distinct("tags"))


def changed(mark: Mark, changes: Mapping[str, Any]) -> Mark:
    """The mark with what a page sent; what it did not send stays."""
    if "starred" in changes:
        mark = replace(mark, is_starred=changes["starred"] is True)
    if isinstance(changes.get("tags"), list):
        mark = replace(mark, tags=_tags(changes["tags"]))
    if isinstance(changes.get("note"), str):
        mark = replace(mark, note=changes["note"].strip()[:MAX_NOTE_CHARACTERS])
    return mark


def keep(annotations: Collection[Document], mark: Mark, origin: Mapping[str, Any]) -> None:
    """Stores a mark, or deletes what says nothing; `origin` is any document of the session."""
    if mark.is_empty:
        annotations.delete_one({"_id": mark.id})
        return
    document = {
        "sessionKey": mark.session,
        "entryId": mark.entry,
        # Whoever forgets a project or a machine finds its marks by these.
        "projectId": origin.get("projectId"),
        "host": origin.get("host"),
        "starred": mark.is_starred,
        "tags": list(mark.tags),
        "note": mark.note,
        "by": mark.by,
        "updatedAt": mark.at,
    }
    annotations.replace_one({"_id": mark.id}, document, upsert=True)


def _mark(document: Document) -> Mark:
    return Mark(
        session=str(document["sessionKey"]),
        entry=str(document.get("entryId") or ""),
        is_starred=bool(document.get("starred")),
        tags=tuple(map(str, document.get("tags") or [])),
        note=str(document.get("note") or ""),
        by=str(document.get("by") or ""),
        at=document.get("updatedAt"),
    )


def _tags(given: list[Any]) -> tuple[str, ...]:
    """Lower case without repeats, in the order given."""
    cleaned = (" ".join(str(tag).lower().split())[:MAX_TAG_CHARACTERS] for tag in given)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))[:MAX_TAGS]
