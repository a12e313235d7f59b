"""Search hits as the list shows them; the index itself is cca.search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from cca.dashboards.browser.archive import Archive, session_title
from cca.dashboards.browser.problems import NO_INDEX, Problem
from cca.dashboards.browser.sessions import sessions_with
from cca.dashboards.browser.state import State
from cca.errors import CcaError
from cca.search import home
from cca.settings import Settings

if TYPE_CHECKING:
    from cca.search.searcher import Results, Searcher
    from cca.search.texts import Row

MAX_HITS = 50
KIND_LABELS = {
    "prompt": "Prompts", "answer": "Answers", "thinking": "Thinking", "tool_input": "Tool calls",
    "tool_result": "Tool output", "title": "Titles", "system": "System",
}  # fmt: skip


@dataclass(frozen=True)
class Hit:
    session_id: str
    entry_id: str
    title: str
    snippet: Markup
    kind: str
    at: str
    copies: int
    query: str


@dataclass(frozen=True)
class Facet:
    """One way to narrow the search: how many hits it would leave, and the change that does it."""

    label: str
    count: int
    change: dict[str, str]


@dataclass(frozen=True)
class Hits:
    """`next` is how many hits come before the next page, if there is one."""

    total: int = 0
    is_approximate: bool = False
    rows: list[Hit] = field(default_factory=list)
    message: str = ""
    problem: Problem | None = None
    next: str = ""
    kinds: list[Facet] = field(default_factory=list)


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
    """A page of hits for what the page shows; a missing index is a message, not a failure."""
    if not room.has_index:
        return Hits(problem=NO_INDEX)
    try:
        found = searched(room, archive, state, MAX_HITS, first)
    except CcaError as error:
        return Hits(message=str(error))
    titles = _titles(archive, [row.session_id for row in found.rows])
    rows = [_hit(row, titles, archive, state) for row in found.rows]
    following = first + len(rows)
    has_more = len(rows) == MAX_HITS and following < found.total
    return Hits(
        found.total,
        found.approximate,
        rows,
        found.message,
        None,
        str(following) if has_more else "",
        [] if state.kind else _kinds(found.facets.get("kind", {})),
    )


def searched(
    room: SearchRoom, archive: Archive, state: State, limit: int, first: int = 0
) -> "Results":
    """What the search finds under all filters of the page; facets on its first page."""
    since, until = state.period(archive.timezone)
    return room.searcher.search(
        state.q, project=state.project or None, host=state.host or None, kind=state.kind or None,
        since=since, until=until, sessions=sessions_with(archive, state), limit=limit,
        offset=first, order="best" if state.order == "best" else "newest", with_facets=not first,
    )  # fmt: skip


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


def _titles(archive: Archive, ids: Sequence[str]) -> dict[str, str]:
    wanted = {"_id": {"$in": sorted(set(ids))}}
    rows = archive.sessions.find(wanted, {"title": 1, "firstPrompt": 1})
    return {row["_id"]: session_title(row) for row in rows}


def _hit(row: "Row", titles: Mapping[str, str], archive: Archive, state: State) -> Hit:
    there = replace(state, session=row.session_id, m=row.document_id, agent="")
    return Hit(
        session_id=row.session_id,
        entry_id=row.document_id,
        title=titles.get(row.session_id) or session_title({"_id": row.session_id}),
        snippet=marked(row.snippet, row.marks),
        kind=KIND_LABELS.get(row.kind, row.kind),
        at=row.at.astimezone(archive.timezone).strftime("%Y-%m-%d %H:%M") if row.at else "",
        copies=row.copies,
        query=there.to_query(),
    )
