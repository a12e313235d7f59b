"""Which conversations leave, and their entries in order, one at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from cca.annotations import Mark, marks_of
from cca.mongo.archive import MARKS, Document, whole
from cca.transcript.entry import entry_of

ORDER = [("stream", 1), ("generation", 1), ("sourceOffset", 1)]
_AGENT = re.compile(r"agent-([A-Za-z0-9_-]+)(?:\.jsonl)?$")
_TITLE_CHARACTERS = 120


@dataclass(frozen=True)
class Choice:
    """What is chosen must hold all at once; a session belongs to a period when it touches it."""

    session: str = ""
    sessions: tuple[str, ...] = ()
    project: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Session:
    id: str
    project_id: str
    host: str
    title: str
    cwd: str
    started_at: datetime | None
    ended_at: datetime | None
    # What people wrote on it, and on its messages; each names the entry that it is on, or none.
    marks: tuple[Mark, ...] = ()

    @property
    def mark(self) -> Mark | None:
        return next((mark for mark in self.marks if not mark.entry), None)

    @property
    def period(self) -> str:
        times = [at.strftime("%Y-%m-%d %H:%M") for at in (self.started_at, self.ended_at) if at]
        return " to ".join(times) + (" UTC" if times else "")


@dataclass(frozen=True)
class Entry:
    """An entry as written, and the subagent whose it is."""

    body: dict[str, Any]
    agent: str
    at: datetime | None
    id: str = ""
    mark: Mark | None = None


def chosen(collection: Collection[Document], choice: Choice) -> list[Session]:
    """The chosen sessions, oldest first."""
    groups = collection.aggregate(
        [
            {"$match": _filter(choice)},
            {
                "$group": {
                    "_id": "$sessionKey",
                    "project_id": {"$first": "$projectId"},
                    "host": {"$first": "$host"},
                    "started_at": {"$min": "$eventAt"},
                    "ended_at": {"$max": "$eventAt"},
                }
            },
            {"$sort": {"started_at": 1, "_id": 1}},
        ],
        allowDiskUse=True,
    )
    return [_session(collection, group) for group in groups]


def count_entries(collection: Collection[Document], session_id: str) -> int:
    return collection.count_documents({"sessionKey": session_id})


def entries(
    collection: Collection[Document], session_id: str, *, is_read_once: bool = False
) -> Iterator[Entry]:
    """A session's transcript lines: its own conversation first, then each subagent's.

    A file that was rewritten is in the archive with every version of its lines; `is_read_once`
    gives each entry once, as it was last written.
    """
    stale = _older_versions(collection, session_id) if is_read_once else frozenset()
    for document in collection.find({"sessionKey": session_id}).sort(ORDER):
        is_line = str(document.get("sourceFile", "")).endswith(".jsonl")
        if not is_line or document["_id"] in stale:
            continue
        agent = _AGENT.search(str(document["stream"]))
        body = entry_of(whole(collection, document))
        name = agent[1] if agent else ""
        yield Entry(body, name, document.get("eventAt"), str(document["_id"]))


def marks(collection: Collection[Document], session_id: str) -> tuple[Mark, ...]:
    """The marks of a session, its own first; those of messages by uuid, where there is one.

    A file that is rewritten gives its messages new documents, and they keep their notes.
    """
    found = marks_of(collection.database[MARKS], session_id)
    ids = {"_id": {"$in": list(found)}}
    uuids = {str(each["_id"]): each.get("uuid") for each in collection.find(ids, {"uuid": 1})}
    return tuple(
        replace(mark, entry=str(uuids.get(entry) or entry)) for entry, mark in sorted(found.items())
    )


def _filter(choice: Choice) -> Document:
    parts: list[Document] = []
    if choice.session:
        parts.append({"sessionKey": choice.session})
    if choice.sessions:
        parts.append({"sessionKey": {"$in": list(choice.sessions)}})
    if choice.project:
        parts.append({"$or": [{"projectId": choice.project}, {"cwd": choice.project}]})
    if choice.since:
        parts.append({"eventAt": {"$gte": choice.since}})
    if choice.until:
        parts.append({"eventAt": {"$lt": choice.until}})
    return {"$and": parts} if parts else {}


def _session(collection: Collection[Document], group: Document) -> Session:
    row = collection.database["sessions"].find_one({"_id": group["_id"]}) or {}
    title = str(row.get("title") or row.get("firstPrompt") or "").strip().split("\n", 1)[0]
    return Session(
        id=str(group["_id"]),
        project_id=str(group["project_id"] or ""),
        host=str(group["host"] or ""),
        title=title[:_TITLE_CHARACTERS] or f"Session {str(group['_id'])[:60]}",
        cwd=str(row.get("cwd") or ""),
        started_at=row.get("startedAt") or group["started_at"],
        ended_at=row.get("endedAt") or group["ended_at"],
    )


def _older_versions(collection: Collection[Document], session_id: str) -> frozenset[str]:
    """Documents whose entry a later reading of the same file wrote anew."""
    again = {"sessionKey": session_id, "generation": {"$gt": 0}}
    if collection.find_one(again, {"_id": 1}) is None:
        return frozenset()
    newest: dict[tuple[str, str], str] = {}
    stale = set()
    names = {"stream": 1, "uuid": 1}
    found = collection.find({"sessionKey": session_id, "uuid": {"$type": "string"}}, names)
    for document in found.sort(ORDER):
        key = (document["stream"], document["uuid"])
        if key in newest:
            stale.add(newest[key])
        newest[key] = document["_id"]
    return frozenset(stale)
