"""Search hits as the list shows them; the index itself is include.search."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from dashboards.browser.archive import Archive
from dashboards.browser.state import State
from include.errors import CcaError
from include.settings import Settings

log = logging.getLogger(__name__)

MAX_HITS = 50


class Searches(Protocol):
    """What the browser needs of include.search."""

    def search(self, text: str, **filters: Any) -> Any: ...


@dataclass(frozen=True)
class Hit:
    session_id: str
    entry_id: str
    title: str
    snippet: str
    kind: str
    at: str
    copies: int
    query: str


@dataclass(frozen=True)
class Hits:
    total: int = 0
    rows: list[Hit] = field(default_factory=list)
    message: str = ""


def open_searcher(settings: Settings) -> Searches:
    from include.search.searcher import Searcher  # noqa: PLC0415  (tantivy, at the first search)

    return Searcher(settings)


def find_hits(searcher: Searches, archive: Archive, state: State) -> Hits:
    """The best hits for what the page shows; a missing index is a message, not a failure."""
    try:
        found = searcher.search(
            state.q, project=state.project or None, since=state.since or None,
            until=state.until or None, limit=MAX_HITS,
        )  # fmt: skip
    except CcaError as error:
        return Hits(message=str(error))
    rows = [_row(row) for row in found.rows]
    titles = _titles(archive, [str(row["session_id"]) for row in rows])
    return Hits(found.total, [_hit(row, titles, state) for row in rows], str(found.message or ""))


def _row(row: Any) -> Mapping[str, Any]:
    return row if isinstance(row, Mapping) else vars(row)


def _titles(archive: Archive, ids: Sequence[str]) -> dict[str, str]:
    wanted = {"_id": {"$in": sorted(set(ids))}}
    rows = archive.sessions.find(wanted, {"title": 1, "firstPrompt": 1})
    return {row["_id"]: str(row.get("title") or row.get("firstPrompt") or "") for row in rows}


def _hit(row: Mapping[str, Any], titles: Mapping[str, str], state: State) -> Hit:
    session_id, entry_id = str(row["session_id"]), str(row["entry_id"])
    at = row.get("at")
    return Hit(
        session_id=session_id,
        entry_id=entry_id,
        title=titles.get(session_id) or session_id,
        snippet=str(row.get("snippet") or ""),
        kind=str(row.get("kind") or "").replace("_", " "),
        at=at.strftime("%Y-%m-%d") if isinstance(at, datetime) else str(at or "")[:10],
        copies=int(row.get("copies") or 1),
        query=replace(state, session=session_id, m=entry_id, agent="").to_query(),
    )
