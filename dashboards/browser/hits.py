"""Search hits as the page shows them, by session; the index itself is cca.search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from cca.dashboards.browser.archive import Archive
from cca.dashboards.browser.chart import Chart, matches_chart
from cca.dashboards.browser.problems import NO_INDEX, Problem
from cca.dashboards.browser.sessions import sessions_with
from cca.dashboards.browser.state import State
from cca.errors import CcaError
from cca.mongo.archive import Document
from cca.search import home
from cca.settings import Settings

if TYPE_CHECKING:
    from cca.search.asked import Where
    from cca.search.groups import Grouped, SessionHits
    from cca.search.searcher import Results, Searcher
    from cca.search.texts import Row

MAX_SESSIONS = 20
# Further matches of one session.
MAX_HITS = 50
KIND_LABELS = {
    "prompt": "Prompts", "answer": "Answers", "thinking": "Thinking", "tool_input": "Tool calls",
    "tool_result": "Tool output", "title": "Titles", "system": "System",
}  # fmt: skip
KIND_NAMES = {
    "prompt": "Prompt", "answer": "Answer", "thinking": "Thinking", "tool_input": "Tool call",
    "tool_result": "Output", "title": "Title", "system": "System",
}  # fmt: skip


@dataclass(frozen=True)
class Hit:
    session_id: str
    entry_id: str
    snippet: Markup
    kind: str
    at: datetime | None
    copies: int
    query: str


@dataclass(frozen=True)
class Group:
    """A session with matches; `row` is its row in the list, `next` how many hits are shown."""

    session_id: str
    row: Document
    count: int
    hits: list[Hit]
    next: str = ""


@dataclass(frozen=True)
class Facet:
    """One way to narrow the search: how many hits it would leave, and the change that does it."""

    label: str
    count: int
    change: dict[str, str]


@dataclass(frozen=True)
class Hits:
    """`next` is how many sessions come before the next page, if there is one."""

    total: int = 0
    sessions: int = 0
    is_approximate: bool = False
    groups: list[Group] = field(default_factory=list)
    message: str = ""
    problem: Problem | None = None
    next: str = ""
    kinds: list[Facet] = field(default_factory=list)
    chart: Chart | None = None


class SearchRoom:
    """Opens the index at the first search: a conversation is read without it."""

    def __init__(self, settings: Settings, mongo_uri: str) -> None:
        self._settings = settings
        self._mongo_uri = mongo_uri

    @property
    def has_index(self) -> bool:
        return home.current(self._settings.search_dir) is not None

    @cached_property
    def searcher(self) -> "Searcher":
        from cca.search.searcher import Searcher  # noqa: PLC0415  (tantivy)

        return Searcher(self._settings, self._mongo_uri)


def find_hits(room: SearchRoom, archive: Archive, state: State, first: int = 0) -> Hits:
    """A page of sessions with matches; a missing index is a message, not a failure."""
    from cca.search.asked import Page  # noqa: PLC0415  (tantivy)

    if not room.has_index:
        return Hits(problem=NO_INDEX)
    page = Page(MAX_SESSIONS, first, "newest" if state.order == "newest" else "best")
    try:
        found = room.searcher.by_session(state.q, _where(archive, state), page)
    except CcaError as error:
        return Hits(message=str(error))
    rows = _session_rows(archive, [group.session_id for group in found.groups])
    groups = [_group(group, rows, archive, state) for group in found.groups]
    following = first + len(groups)
    return Hits(
        found.total,
        found.sessions,
        found.is_approximate,
        groups,
        found.message,
        None,
        str(following) if groups and following < found.sessions else "",
        [] if state.kind else _kinds(found.kinds),
        None if first else _chart(found, archive, state),
    )


def more_hits(room: SearchRoom, archive: Archive, state: State, session: str, first: int) -> Group:
    """Further matches of one session."""
    where = replace(_where(archive, state), session=session)
    found = _searched(room, state, where, (first, MAX_HITS))
    hits = [_hit(row, archive, state) for row in found.rows]
    following = first + len(hits)
    is_last = len(hits) < MAX_HITS or following >= found.total
    return Group(session, {}, found.total, hits, "" if is_last else str(following))


def searched(room: SearchRoom, archive: Archive, state: State, limit: int) -> "Results":
    """What the search finds under all filters of the page, match by match."""
    return _searched(room, state, _where(archive, state), (0, limit))


def _searched(room: SearchRoom, state: State, where: "Where", page: tuple[int, int]) -> "Results":
    first, limit = page
    return room.searcher.search(
        state.q, project=where.project, session=where.session, host=where.host, kind=where.kind,
        since=where.since, until=where.until, sessions=where.sessions, pr=where.pr,
        limit=limit, offset=first, order="newest" if state.order == "newest" else "best",
    )  # fmt: skip


def _where(archive: Archive, state: State) -> "Where":
    from cca.search.asked import Where  # noqa: PLC0415  (tantivy)

    since, until = state.period(archive.timezone)
    return Where(
        state.project or None, None, state.kind or None, state.host or None, since, until,
        sessions_with(archive, state), state.pr or None,
    )  # fmt: skip


def _chart(found: "Grouped", archive: Archive, state: State) -> Chart | None:
    if found.first is None or found.last is None:
        return None
    return matches_chart(found.first, found.last, found.counts_between, state, archive.timezone)


def _kinds(counts: Mapping[str, int]) -> list[Facet]:
    return [
        Facet(KIND_LABELS.get(kind, kind), count, {"kind": kind})
        for kind, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]


def marked(text: str, marks: Sequence[tuple[int, int]]) -> Markup:
    """A snippet with the found places marked; everything else is escaped."""
    html, done = Markup(""), 0
    for start, end in marks:
        if start >= done:
            html += escape(text[done:start]) + Markup("<mark>{}</mark>").format(text[start:end])
            done = end
    return html + escape(text[done:])


def _session_rows(archive: Archive, ids: Sequence[str]) -> dict[str, Document]:
    return {str(row["_id"]): row for row in archive.sessions.find({"_id": {"$in": list(ids)}})}


def _group(
    found: "SessionHits", rows: Mapping[str, Document], archive: Archive, state: State
) -> Group:
    row = rows.get(found.session_id, {"_id": found.session_id})
    hits = [_hit(one, archive, state) for one in found.rows]
    following = str(len(hits)) if len(hits) < found.count else ""
    return Group(found.session_id, row, found.count, hits, following)


def _hit(row: "Row", archive: Archive, state: State) -> Hit:
    there = replace(state, session=row.session_id, m=row.document_id, agent="")
    return Hit(
        session_id=row.session_id,
        entry_id=row.document_id,
        snippet=marked(row.snippet, row.marks),
        kind=row.kind,
        at=row.at.astimezone(archive.timezone) if row.at else None,
        copies=row.copies,
        query=there.to_query(),
    )
