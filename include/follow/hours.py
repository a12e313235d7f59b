"""The messages of one hour in one folder: the rows of `activity`."""

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pymongo import DeleteMany, ReplaceOne
from pymongo.collection import Collection

from cca.mongo.archive import Document, whole
from cca.transcript.entry import ODD_ENTRY, read_in_place
from cca.transcript.roles import role_of
from cca.transcript.values import mapping, string

_FIELDS = dict.fromkeys(
    (
        "projectId", "sessionKey", "eventAt", "type", "role", "uuid", "message.id", "message.role",
        "rawLine", "rawFile",
    ), 1,
)  # fmt: skip
# A hundred bytes each.
MOST_NOTED = 500_000
_NO_TIME, _HOUR = timedelta(), timedelta(hours=1)
# The projects of sessions that have a row.
ProjectKeys = Callable[[Iterable[str]], Mapping[str, str]]
Write = ReplaceOne[Document] | DeleteMany


class Hour(NamedTuple):
    """A folder and the hour, in UTC."""

    project_id: str
    at: datetime


class Noted:
    """The messages of all hours, noted while their sessions are counted for the first time.

    So no hour is read again for a row of its own. `is_full` says that it stopped: there are too
    many to be held.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        # By hour, session and role, as hashes.
        self._hours: dict[Hour, dict[tuple[str, str], set[int]]] = {}
        # The hour of the last message.
        self._project = ""
        self._begin = datetime.min  # noqa: DTZ901  (times come without a zone)
        self._sessions: dict[tuple[str, str], set[int]] = {}

    @property
    def is_full(self) -> bool:
        return self._count > self._most

    def note(self, document: Document) -> None:
        """Note a document, whole; its time is UTC and names no zone."""
        at, project = document.get("eventAt"), document.get("projectId")
        said = _said(document)
        if said is None or not (isinstance(at, datetime) and isinstance(project, str)):
            return
        if project != self._project or not _NO_TIME <= at - self._begin < _HOUR:
            self._open(project, at)
        key = str(document.get("sessionKey")), said[0]
        self._sessions.setdefault(key, set()).add(hash(said[1]))
        self._count += 1

    def _open(self, project: str, at: datetime) -> None:
        """Make an hour the one that is noted: messages come in order, many of them in one hour."""
        self._project, self._begin = project, at.replace(minute=0, second=0, microsecond=0)
        hour = Hour(project, self._begin.replace(tzinfo=UTC))
        self._sessions = self._hours.setdefault(hour, {})

    def activity(self, hour: Hour, project_keys: ProjectKeys) -> list[Write]:
        """Return the hour's rows, as `activity` does."""
        sessions = self._hours.get(hour, {})
        projects = project_keys({session for session, _ in sessions})
        keys: dict[tuple[str, str], set[int]] = {}
        for (session, role), hashes in sessions.items():
            keys.setdefault((projects.get(session) or hour.project_id, role), set()).update(hashes)
        return _writes(hour, {said: len(found) for said, found in keys.items()})


def activity(
    conversations: Collection[Document], hour: Hour, project_keys: ProjectKeys
) -> list[Write]:
    """Return the rows of messages of each project of that folder in that hour.

    Copies in a project count once.
    """
    period = {"$gte": hour.at, "$lt": hour.at + _HOUR}
    found = conversations.find({"projectId": hour.project_id, "eventAt": period}, _FIELDS)
    noted = Noted(sys.maxsize)
    for document in found:
        noted.note(whole(conversations, document))
    return noted.activity(hour, project_keys)


def _said(document: Document) -> tuple[str, str] | None:
    """Return the role and the key of a message; None of other entries."""
    try:
        entry = read_in_place(document)
        role = role_of(entry)
        if role is None:
            return None
        message = string(mapping(entry.get("message")).get("id"))
        own = string(entry.get("uuid")) or str(document["_id"])
    except ODD_ENTRY:
        return None
    return role, (role == "assistant" and message) or own


def _writes(hour: Hour, counts: Mapping[tuple[str, str], int]) -> list[Write]:
    rows = [
        {
            "_id": f"{hour.project_id}|{hour.at.isoformat()}|{role}|{project}",
            "projectId": hour.project_id, "projectKey": project, "hour": hour.at,
            "role": role, "count": count,
        }
        for (project, role), count in counts.items()
    ]  # fmt: skip
    gone = {
        "projectId": hour.project_id, "hour": hour.at,
        "_id": {"$nin": [row["_id"] for row in rows]},
    }  # fmt: skip
    return [DeleteMany(gone), *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows)]
