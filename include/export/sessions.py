"""Chooses the sessions to export, and describes each."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pymongo.collection import Collection

from cca.annotations import Annotation, annotations_of
from cca.conversation.subagents import Subagent
from cca.errors import NotFound
from cca.mongo.archive import ANNOTATIONS, SESSIONS, Document
from cca.projects import listed_projects
from cca.transcript.projects import meant
from cca.transcript.terminal import plain
from cca.transcript.times import possible_times

_TITLE_CHARACTERS = 120


@dataclass(frozen=True)
class SessionFilter:
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
    annotations: tuple[Annotation, ...] = ()
    agents: tuple[Subagent, ...] = ()

    @property
    def annotation(self) -> Annotation | None:
        return next((annotation for annotation in self.annotations if not annotation.entry), None)

    def agent(self, agent_id: str) -> str:
        """What a subagent is called: its id, and its title where it has one."""
        title = next((each.title for each in self.agents if each.id == agent_id), agent_id)
        return agent_id if title == agent_id else f"{agent_id}: {title}"

    def started_by(self, call: str) -> list[str]:
        """The ids of the subagents that a call started, as their meta files say."""
        return [each.id for each in self.agents if call and each.call == call]

    @property
    def period(self) -> str:
        times = [at.strftime("%Y-%m-%d %H:%M") for at in (self.started_at, self.ended_at) if at]
        return " to ".join(times) + (" UTC" if times else "")


def whole_id(collection: Collection[Document], wanted: str) -> str:
    """The id of the one session that begins so; where none does, what was asked for.

    Raises:
        NotFound: Several sessions begin so.

    """
    if not wanted or collection.find_one({"sessionKey": wanted}, {"_id": 1}):
        return wanted
    found = collection.distinct("sessionKey", {"sessionKey": {"$regex": f"^{re.escape(wanted)}"}})
    if len(found) > 1:
        raise NotFound(f"{len(found)} sessions begin with {wanted}: give more of the id")
    return str(found[0]) if found else wanted


def chosen(collection: Collection[Document], choice: SessionFilter) -> list[Session]:
    """The chosen sessions, oldest first."""
    bounds = possible_times(datetime.now(UTC))
    is_possible = {"$and": [{sign: ["$eventAt", bound]} for sign, bound in bounds.items()]}
    possible = {"$cond": [is_possible, "$eventAt", None]}
    groups = collection.aggregate(
        [
            {"$match": _filter(collection, choice)},
            {
                "$group": {
                    "_id": "$sessionKey",
                    "project_id": {"$first": "$projectId"},
                    "host": {"$first": "$host"},
                    "started_at": {"$min": possible},
                    "ended_at": {"$max": possible},
                }
            },
            {"$sort": {"started_at": 1, "_id": 1}},
        ],
        allowDiskUse=True,
    )
    return [_session(collection, group) for group in groups]


def annotations(collection: Collection[Document], session_id: str) -> tuple[Annotation, ...]:
    """The annotations of a session, its own first; those of messages by uuid, where there is one.

    A file that is rewritten gives its messages new documents, and they keep their notes.
    """
    found = annotations_of(collection.database[ANNOTATIONS], session_id)
    ids = {"_id": {"$in": list(found)}}
    uuids = {str(each["_id"]): each.get("uuid") for each in collection.find(ids, {"uuid": 1})}
    return tuple(
        replace(annotation, entry=str(uuids.get(entry) or entry))
        for entry, annotation in sorted(found.items())
        # Another title is the session's title in an export.
        if annotation.is_marked
    )


def _filter(collection: Collection[Document], choice: SessionFilter) -> Document:
    parts: list[Document] = []
    if choice.session:
        parts.append({"sessionKey": choice.session})
    if choice.sessions:
        parts.append({"sessionKey": {"$in": list(choice.sessions)}})
    if choice.project:
        parts.append(_of_project(collection.database[SESSIONS], choice.project))
    if choice.since:
        parts.append({"eventAt": {"$gte": choice.since}})
    if choice.until:
        parts.append({"eventAt": {"$lt": choice.until}})
    if choice.since or choice.until:
        parts.append({"eventAt": possible_times(datetime.now(UTC))})
    return {"$and": parts} if parts else {}


def _of_project(sessions: Collection[Document], wanted: str) -> Document:
    """A folder's entries, else the sessions of that directory or name; an old list knows none."""
    keys = [each.key for each in meant(wanted, listed_projects(sessions)) if each.slug != wanted]
    if not keys:
        return {"$or": [{"projectId": wanted}, {"cwd": wanted}]}
    rows = sessions.find({"projectKey": {"$in": keys}}, {"_id": 1})
    return {"sessionKey": {"$in": [row["_id"] for row in rows]}}


def _session(collection: Collection[Document], group: Document) -> Session:
    row = collection.database[SESSIONS].find_one({"_id": group["_id"]}) or {}
    named = collection.database[ANNOTATIONS].find_one({"_id": group["_id"]}, {"title": 1}) or {}
    told = named.get("title") or row.get("title") or row.get("firstPrompt")
    title = str(told or "").strip().split("\n", 1)[0]
    return Session(
        id=str(group["_id"]),
        project_id=str(group["project_id"] or ""),
        host=str(group["host"] or ""),
        title=title[:_TITLE_CHARACTERS] or f"Session {str(group['_id'])[:60]}",
        cwd=plain(str(row.get("cwd") or "")),
        started_at=row.get("startedAt") or group["started_at"],
        ended_at=row.get("endedAt") or group["ended_at"],
    )
