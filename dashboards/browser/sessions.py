"""The session list: filters as MongoDB must match them, and pages in any order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cca.annotations import annotated_sessions, renamed
from cca.dashboards.browser.archive import Archive, of_project
from cca.dashboards.browser.state import State
from cca.mongo.archive import Document

# State.sort: field, direction. The session id breaks ties, so that a page never repeats a row.
SORT_FIELDS = {
    "": ("endedAt", -1),
    "oldest": ("endedAt", 1),
    "longest": ("entries", -1),
    "failures": ("toolErrors", -1),
}
LIST_ROWS = 60
_COPIES = {"isSpoken": True, "userMessages": 0, "assistantMessages": 0}
_TRAIT_FIELDS = {
    "branch": "branches", "model": "models", "tool": "tools", "user": "user", "host": "host",
}  # fmt: skip
# A list of choices that nobody reads to its end.
MAX_CHOICES = 300


@dataclass(frozen=True)
class SessionPage:
    """`next` continues after it, if anything does; the others are counted for the first page only.

    `copies` are sessions that only repeat others; `total` does not count them.
    """

    rows: list[Document]
    total: int
    next: str
    copies: int = 0


@dataclass(frozen=True)
class Known:
    """What gold says: the cost of each session, and the only ones that the list may hold."""

    costs: Mapping[str, Decimal] = field(default_factory=dict)
    among: Collection[str] | None = None


def list_sessions(
    archive: Archive, state: State, after: str = "", limit: int = LIST_ROWS,
    known: Known = Known(),
) -> SessionPage:  # fmt: skip
    """One page of the list; `after` is the session id of the last row already shown."""
    chosen = _chosen(archive, state, known)
    if state.sort == "cost":
        rows = _most_expensive(archive, chosen, known.costs, after, limit + 1)
    else:
        rows = _walked(archive, chosen, SORT_FIELDS.get(state.sort, SORT_FIELDS[""]), after, limit)
    following = rows[limit - 1]["_id"] if len(rows) > limit else ""
    if after:
        return SessionPage(rows[:limit], 0, following)
    total = archive.sessions.count_documents(chosen)
    copies = archive.sessions.count_documents({"$and": [chosen, _COPIES]}) if total else 0
    return SessionPage(rows[:limit], total - copies, following, copies)


def those_in_list(
    archive: Archive, state: State, ids: Collection[str], known: Known = Known()
) -> list[str]:
    """Those of the sessions that the list holds, on whatever page."""
    wanted = {"$and": [_chosen(archive, state, known), {"_id": {"$in": list(ids)}}]}
    return [str(row["_id"]) for row in archive.sessions.find(wanted, {"_id": 1})]


def _chosen(archive: Archive, state: State, known: Known) -> Document:
    """What MongoDB must match under all filters of the list."""
    chosen = session_filter(state, archive.timezone)
    if words := state.text.split():
        named = {"_id": {"$in": renamed(archive.annotations, words)}}
        chosen["$and"] = [{"$or": [{"$and": chosen.pop("$and")}, named]}]
    if state.starred or state.tag:
        chosen["_id"] = {"$in": annotated_sessions(archive.annotations, state.tag)}
    if known.among is not None:
        chosen = {"$and": [chosen, {"_id": {"$in": list(known.among)}}]}
    return chosen


def is_copy(session: Document) -> bool:
    """Tells whether a session says nothing that another did not say first."""
    return all(session.get(name) == value for name, value in _COPIES.items())


def session_filter(state: State, timezone: ZoneInfo) -> Document:
    """What MongoDB must match; a session belongs to a period when it has a message in it."""
    chosen: Document = {}
    words = state.text.split()
    if words:
        chosen["$and"] = [{"$or": _title_holds(word)} for word in words]
    else:
        # Files with a title or other metadata only: nothing to read, but found by their title.
        chosen["isSpoken"] = True
    chosen |= of_project(state.project)
    if state.errors:
        chosen["toolErrors"] = {"$gt": 0}
    for name, column in _TRAIT_FIELDS.items():
        if value := getattr(state, name):
            chosen[column] = value
    if state.errors and state.tool:
        # The tool's own failures, which another tool's do not stand for.
        chosen["failedTools"] = state.tool
    return chosen | _active(*state.period(timezone))


def _active(since: datetime | None, until: datetime | None) -> Document:
    """Rows with a message in a period; those of an earlier version know their ends alone."""
    bounds: Document = ({"$gte": since} if since else {}) | ({"$lt": until} if until else {})
    if not bounds:
        return {}
    ends: Document = {"endedAt": {"$gte": since}} if since else {}
    ends |= {"startedAt": {"$lt": until}} if until else {}
    inside = [{"activeAt": {"$elemMatch": bounds}}, {"activeAt": {"$exists": False}}]
    return ends | {"$or": inside}


def sessions_with(archive: Archive, state: State) -> list[str] | None:
    """Sessions that a search is narrowed to; None where no such filter is set."""
    wanted = State(
        errors=state.errors, branch=state.branch, model=state.model, tool=state.tool,
        user=state.user,
    )  # fmt: skip
    if wanted == State():
        return None
    rows = archive.sessions.find(session_filter(wanted, archive.timezone), {"_id": 1})
    return [str(row["_id"]) for row in rows]


def choices(archive: Archive, project: str) -> dict[str, list[str]]:
    """The values of each trait that there are to choose, in the project if one is."""
    match: Document = {"isSpoken": True} | of_project(project)
    return {
        name: sorted(str(value) for value in archive.sessions.distinct(field, match) if value)[
            :MAX_CHOICES
        ]
        for name, field in _TRAIT_FIELDS.items()
    }


def _walked(
    archive: Archive, chosen: Document, order: tuple[str, int], after: str, limit: int
) -> list[Document]:
    field, direction = order
    conditions = [chosen]
    if after and (last := archive.sessions.find_one({"_id": after}, {field: 1})):
        conditions.append(_beyond(field, direction, last))
    cursor = archive.sessions.find({"$and": conditions})
    # The tie goes against the direction: then one index serves both ways.
    return list(cursor.sort([(field, direction), ("_id", -direction)]).limit(limit + 1))


def _most_expensive(
    archive: Archive, chosen: Document, costs: Mapping[str, Decimal], after: str, limit: int
) -> list[Document]:
    """What sessions cost is in gold: the order is made here, the rows are read for one page."""
    ids = [str(row["_id"]) for row in archive.sessions.find(chosen, {"_id": 1})]
    ids.sort(key=lambda one: (-costs.get(one, Decimal(0)), one))
    start = ids.index(after) + 1 if after in ids else 0
    page = ids[start : start + limit]
    rows = {row["_id"]: row for row in archive.sessions.find({"_id": {"$in": page}})}
    return [rows[one] for one in page if one in rows]


def _title_holds(word: str) -> list[Mapping[str, Any]]:
    # Letters and digits as they are, all else escaped: what is typed is no pattern.
    literal = "".join(f"\\{char}" if not char.isalnum() else char for char in word)
    return [
        {name: {"$regex": literal, "$options": "i"}} for name in ("title", "firstPrompt", "_id")
    ]


def _beyond(field: str, direction: int, last: Document) -> Document:
    """Rows after `last`. MongoDB orders missing values below all others, and $lt skips them."""
    value, tie = last.get(field), {"$gt" if direction < 0 else "$lt": last["_id"]}
    same = {field: value, "_id": tie}
    if value is None:
        return same if direction < 0 else {"$or": [same, {field: {"$ne": None}}]}
    if direction > 0:
        return {"$or": [{field: {"$gt": value}}, same]}
    return {"$or": [{field: {"$lt": value}}, {field: None}, same]}
