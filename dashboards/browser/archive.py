"""Reads of the rollups: which sessions there are, page by page, and when people worked."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pymongo.collection import Collection

from cca.annotations import Annotation, SessionAnnotation
from cca.follow.origins import first_holders
from cca.masking import mask_secrets
from cca.mongo.archive import ANNOTATIONS, Document, connect, conversations, database
from cca.settings import Settings
from cca.transcript.projects import Project as Named
from cca.transcript.projects import is_directory, labels_of
from cca.transcript.slugs import project_key, project_label

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Archive:
    """The collections the browser reads; of these it writes `annotations` alone."""

    entries: Collection[Document]
    sessions: Collection[Document]
    activity: Collection[Document]
    annotations: Collection[Document]
    timezone: ZoneInfo


@dataclass(frozen=True)
class Project:
    """A project as the list shows it; `id` is its key."""

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
        annotations=rollups[ANNOTATIONS],
        timezone=ZoneInfo(settings.timezone),
    )


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


def root_of(archive: Archive, session_id: str) -> str:
    """The directory of a session, from which paths are shown; "" where nothing says."""
    row = archive.sessions.find_one({"_id": session_id}, {"cwd": 1})
    return str((row or {}).get("cwd") or "")


def list_projects(archive: Archive) -> list[Project]:
    """Every project with messages, the one used last first."""
    own_time = {"$cond": [{"$eq": ["$isDated", False]}, None, "$endedAt"]}
    groups = archive.sessions.aggregate([
        {"$match": {"isSpoken": True}},
        # The newest session says how the directory is written.
        {"$sort": {"endedAt": -1}},
        {
            "$group": {
                "_id": {"$ifNull": ["$projectKey", "$projectId"]},
                "slug": {"$first": "$projectId"},
                "cwd": {"$first": "$cwd"},
                "sessions": {"$sum": 1},
                "messages": {"$sum": {"$add": ["$userMessages", "$assistantMessages"]}},
                "tool_calls": {"$sum": "$toolCalls"},
                "ended_at": {"$max": own_time},
            }
        },
    ])  # fmt: skip
    found = {str(group["_id"] or ""): group for group in groups}
    labels = labels_of(
        Named(key, str(group["slug"] or ""), str(group["cwd"] or ""))
        for key, group in found.items()
    )
    projects = [
        Project(
            key, labels[key], str(group["cwd"] or ""), group["sessions"], group["messages"],
            group["tool_calls"], group["ended_at"],
        )
        for key, group in sorted(found.items())
    ]  # fmt: skip
    return sorted(projects, key=lambda project: project.ended_at or _NEVER, reverse=True)


def of_project(wanted: str) -> Document:
    """What rows of a project must match: its key or directory, or all projects of a folder."""
    if not wanted:
        return {}
    return {"projectKey": project_key(wanted)} if is_directory(wanted) else {"projectId": wanted}


def label_of(session: Document) -> str:
    """The name of a session's project."""
    return project_label(str(session.get("projectId") or ""), session.get("cwd"))


def session_title(session: Document) -> str:
    """Returns the title, else the first prompt, else a shortened session id."""
    title = str(session.get("title") or session.get("firstPrompt") or "").strip()
    name = str(session["_id"]).rstrip("/").rsplit("/", 1)[-1]
    short = name[:8] if _UUID.fullmatch(name) else name[:60]
    return mask_secrets(title.split("\n", 1)[0]) or f"Session {short}"


def named_title(session: Document, mark: Annotation | SessionAnnotation | None) -> str:
    """Returns the name that a person gave to the session, else its title."""
    return (mark.title if mark else "") or session_title(session)


def origin_of(archive: Archive, session: Document) -> tuple[str, str] | None:
    """The session that had a fork's first messages, and its title."""
    first = first_holders(archive.sessions, [session]).get(str(session["_id"]))
    found = find_session(archive, first) if first else None
    return (str(found["_id"]), session_title(found)) if found else None


def activity(
    archive: Archive, project: str, unit: str, period: tuple[datetime | None, datetime | None]
) -> list[tuple[datetime, int, int]]:
    """(hour, or day, messages of people, messages of Claude), oldest first.

    Hours are in UTC, as the clock shows one of autumn twice; days are those of the clock.
    """
    since, until = period
    bounds: Document = ({"$gte": since} if since else {}) | ({"$lt": until} if until else {})
    match: Document = of_project(project) | ({"hour": bounds} if bounds else {})
    name = archive.timezone.key
    day = {"$dateTrunc": {"date": "$hour", "unit": "day", "timezone": name}}
    start = "$hour" if unit == "hour" else day
    groups = archive.activity.aggregate(
        [
            {"$match": match},
            {"$group": {"_id": {"at": start, "role": "$role"}, "count": {"$sum": "$count"}}},
        ]
    )
    counts: dict[datetime, dict[str, int]] = {}
    for group in groups:
        moment = group["_id"]["at"].astimezone(UTC)
        if unit != "hour":
            moment = moment.astimezone(archive.timezone).replace(tzinfo=None)
        roles = counts.setdefault(moment, {})
        roles[group["_id"]["role"]] = roles.get(group["_id"]["role"], 0) + group["count"]
    return [
        (moment, roles.get("user", 0), roles.get("assistant", 0))
        for moment, roles in sorted(counts.items())
    ]


def active_until(archive: Archive, project: str) -> datetime | None:
    """The last hour in which anything was said."""
    last = archive.activity.find_one(of_project(project), {"hour": 1}, sort=[("hour", -1)])
    return last["hour"] if last else None
