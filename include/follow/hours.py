"""The messages of one hour in one folder: the rows of `activity`."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pymongo import DeleteMany, ReplaceOne
from pymongo.collection import Collection

from cca.mongo.archive import Document, whole
from cca.transcript.entry import entry_of
from cca.transcript.roles import role_of
from cca.transcript.values import mapping, string

_FIELDS = dict.fromkeys(
    ("sessionKey", "type", "uuid", "message.id", "message.role", "rawLine", "rawFile"), 1
)
# The projects of sessions that have a row.
ProjectKeys = Callable[[Iterable[str]], Mapping[str, str]]


class Hour(NamedTuple):
    """A folder and the hour, in UTC."""

    project_id: str
    at: datetime


def activity(
    conversations: Collection[Document], hour: Hour, project_keys: ProjectKeys
) -> list[ReplaceOne[Document] | DeleteMany]:
    """Messages of each project of that folder in that hour; copies in a project count once."""
    period = {"$gte": hour.at, "$lt": hour.at + timedelta(hours=1)}
    documents = list(conversations.find({"projectId": hour.project_id, "eventAt": period}, _FIELDS))
    projects = project_keys({str(one.get("sessionKey")) for one in documents})
    said: dict[tuple[str, str], set[str]] = {}
    for document in documents:
        entry = entry_of(whole(conversations, document))
        if role := role_of(entry):
            message = string(mapping(entry.get("message")).get("id"))
            own = string(entry.get("uuid")) or str(document["_id"])
            project = projects.get(str(document.get("sessionKey"))) or hour.project_id
            key = (role == "assistant" and message) or own
            said.setdefault((project, role), set()).add(key)
    rows = [
        {
            "_id": f"{hour.project_id}|{hour.at.isoformat()}|{role}|{project}",
            "projectId": hour.project_id, "projectKey": project, "hour": hour.at,
            "role": role, "count": len(keys),
        }
        for (project, role), keys in said.items()
    ]  # fmt: skip
    gone = {
        "projectId": hour.project_id, "hour": hour.at,
        "_id": {"$nin": [row["_id"] for row in rows]},
    }  # fmt: skip
    return [DeleteMany(gone), *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows)]
