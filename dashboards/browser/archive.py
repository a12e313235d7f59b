"""Reads of the rollups: which sessions there are, page by page, and when people worked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.collection import Collection

from dashboards.browser.annotations import marked_sessions
from dashboards.browser.state import State
from include.archive import Document, connect, conversations, database
from include.projects import project_label, project_path
from include.settings import Settings

# State.sort: field, direction. The session id breaks ties, so that a page never repeats a row.
ORDERS = {
    "": ("endedAt", -1),
    "oldest": ("endedAt", 1),
    "longest": ("entries", -1),
    "failures": ("toolErrors", -1),
}
LIST_ROWS = 60
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEVER = datetime.min.replace(tzinfo=UTC)
SPOKEN: list[Mapping[str, Any]] = [
    {"userMessages": {"$gt": 0}},
    {"assistantMessages": {"$gt": 0}},
]


@dataclass(frozen=True)
class Archive:
    """The collections the browser reads; of these it writes `annotations` alone."""

    entries: Collection[Document]
    sessions: Collection[Document]
    activity: Collection[Document]
    annotations: Collection[Document]
    timezone: ZoneInfo


@dataclass(frozen=True)
class SessionPage:
    rows: list[Document]
    total: int
    has_more: bool


@dataclass(frozen=True)
class Project:
    id: str
    label: str
    cwd: str
    sessions: int
    messages: int
    tool_calls: int
    ended_at: datetime | None


def open_archive(settings: Settings, mongo_uri: str) -> Archive:
    """Connects lazily: nothing is asked of MongoDB before the first read."""
    client = connect(mongo_uri)
    rollups = database(client, settings)
    return Archive(
        entries=conversations(client, settings),
        sessions=rollups["sessions"],
        activity=rollups["activity"],
        annotations=rollups["annotations"],
        timezone=ZoneInfo(settings.timezone),
    )


def list_sessions(
    archive: Archive, state: State, after: str = "", limit: int = LIST_ROWS
) -> SessionPage:
    """One page of the list; `after` is the session id of the last row already shown."""
    chosen = session_filter(state, archive.timezone)
    if state.starred or state.tag:
        chosen["_id"] = {"$in": marked_sessions(archive.annotations, state.tag)}
    field, direction = ORDERS.get(state.sort, ORDERS[""])
    conditions = [chosen]
    if after and (last := archive.sessions.find_one({"_id": after}, {field: 1})):
        conditions.append(_beyond(field, direction, last))
    cursor = archive.sessions.find({"$and": conditions})
    rows = list(cursor.sort([(field, direction), ("_id", 1)]).limit(limit + 1))
    total = archive.sessions.count_documents(chosen)
    return SessionPage(rows[:limit], total, len(rows) > limit)


def session_filter(state: State, timezone: ZoneInfo) -> Document:
    """What MongoDB must match; a session belongs to a period when it touches it."""
    chosen: Document = {}
    if state.project:
        chosen["projectId"] = state.project
    if state.errors:
        chosen["toolErrors"] = {"$gt": 0}
    if state.since:
        chosen["endedAt"] = {"$gte": _midnight(state.since, timezone)}
    if state.until:
        chosen["startedAt"] = {"$lt": _midnight(state.until, timezone) + timedelta(days=1)}
    words = state.text.split()
    if not words:
        # Files with a title or other metadata only: nothing to read, but found by their title.
        chosen["$or"] = SPOKEN
    if words:
        chosen["$and"] = [{"$or": _title_holds(word)} for word in words]
    return chosen


def find_session(archive: Archive, session_id: str) -> Document | None:
    """The rollup; where it is not made yet, what the entries themselves say."""
    row = archive.sessions.find_one({"_id": session_id})
    if row is not None:
        return row
    first = archive.entries.find_one({"sessionKey": session_id}, sort=[("sourceOffset", 1)])
    if first is None:
        return None
    return {
        "_id": session_id,
        "projectId": first.get("projectId", ""),
        "host": first.get("host", ""),
        "startedAt": first.get("eventAt"),
        "entries": archive.entries.count_documents({"sessionKey": session_id}),
    }


def list_projects(archive: Archive) -> list[Project]:
    """Every project with messages, the one used last first."""
    own_time = {"$cond": [{"$eq": ["$isDated", False]}, None, "$endedAt"]}
    groups = archive.sessions.aggregate([
        {"$match": {"$or": SPOKEN}},
        {
            "$group": {
                "_id": {"project": "$projectId", "cwd": {"$ifNull": ["$cwd", ""]}},
                "sessions": {"$sum": 1},
                "entries": {"$sum": "$entries"},
                "user": {"$sum": "$userMessages"},
                "assistant": {"$sum": "$assistantMessages"},
                "tool_calls": {"$sum": "$toolCalls"},
                "ended_at": {"$max": own_time},
            }
        },
    ])  # fmt: skip
    folders: dict[str, list[Document]] = {}
    for group in groups:
        folders.setdefault(str(group["_id"].get("project") or ""), []).append(group)
    projects = [_project(project_id, found) for project_id, found in folders.items()]
    projects.sort(key=lambda project: project.id)
    return sorted(projects, key=lambda project: project.ended_at or _NEVER, reverse=True)


def _project(project_id: str, folders: list[Document]) -> Project:
    """One project of the groups of its folders."""
    uses = {str(group["_id"]["cwd"]): group["entries"] for group in folders if group["_id"]["cwd"]}
    path = project_path(project_id, uses)
    return Project(
        id=project_id,
        label=project_label(project_id, path),
        cwd=path,
        sessions=sum(group["sessions"] for group in folders),
        messages=sum(group["user"] + group["assistant"] for group in folders),
        tool_calls=sum(group["tool_calls"] for group in folders),
        ended_at=max((group["ended_at"] for group in folders if group["ended_at"]), default=None),
    )


def label_of(archive: Archive, session: Document) -> str:
    """The name of a session's project, the same on every page."""
    project_id = str(session.get("projectId") or "")
    groups = archive.sessions.aggregate([
        {"$match": {"projectId": session.get("projectId"), "cwd": {"$ne": None}}},
        {"$group": {"_id": "$cwd", "entries": {"$sum": "$entries"}}},
    ])  # fmt: skip
    uses = {str(group["_id"]): int(group["entries"]) for group in groups}
    return project_label(project_id, project_path(project_id, uses))


def session_title(session: Document) -> str:
    """Its title or first prompt; without either its id, of which a path's end says the most."""
    title = str(session.get("title") or session.get("firstPrompt") or "").strip()
    name = str(session["_id"]).rstrip("/").rsplit("/", 1)[-1]
    short = name[:8] if _UUID.fullmatch(name) else name[:60]
    return title.split("\n", 1)[0] or f"Session {short}"


def daily_activity(archive: Archive, state: State) -> list[tuple[datetime, int, int]]:
    """(day, messages of people, messages of Claude) of the chosen project, oldest first."""
    match: Document = {"projectId": state.project} if state.project else {}
    day = {"$dateTrunc": {"date": "$hour", "unit": "day", "timezone": archive.timezone.key}}
    groups = archive.activity.aggregate(
        [
            {"$match": match},
            {"$group": {"_id": {"day": day, "role": "$role"}, "count": {"$sum": "$count"}}},
        ]
    )
    days: dict[datetime, dict[str, int]] = {}
    for group in groups:
        moment = group["_id"]["day"].astimezone(archive.timezone)
        days.setdefault(moment, {})[group["_id"]["role"]] = group["count"]
    return [
        (moment, counts.get("user", 0), counts.get("assistant", 0))
        for moment, counts in sorted(days.items())
    ]


def _title_holds(word: str) -> list[Mapping[str, Any]]:
    # Letters and digits as they are, all else escaped: what is typed is no pattern.
    literal = "".join(f"\\{char}" if not char.isalnum() else char for char in word)
    return [
        {name: {"$regex": literal, "$options": "i"}} for name in ("title", "firstPrompt", "_id")
    ]


def _beyond(field: str, direction: int, last: Document) -> Document:
    """Rows after `last`. MongoDB orders missing values below all others, and $lt skips them."""
    value, tie = last.get(field), {"$gt": last["_id"]}
    same = {field: value, "_id": tie}
    if value is None:
        return same if direction < 0 else {"$or": [same, {field: {"$ne": None}}]}
    if direction > 0:
        return {"$or": [{field: {"$gt": value}}, same]}
    return {"$or": [{field: {"$lt": value}}, {field: None}, same]}


def _midnight(day: str, timezone: ZoneInfo) -> datetime:
    moment = datetime.combine(datetime.fromisoformat(day).date(), time(), timezone)
    return moment.astimezone(UTC)
