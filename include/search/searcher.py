"""Searching: hits from the index, their texts from MongoDB."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from zoneinfo import ZoneInfo

from tantivy import Query

from cca.locks import holder
from cca.search.among import among
from cca.search.asked import Asked, Looked, Order, Page, Where, facets_of, hits_of, whole_query
from cca.search.filters import Filters, Moment, combined
from cca.search.groups import Grouped, groups_of_hits, groups_of_texts
from cca.search.home import follower_lock_path
from cca.search.reader import Reader, View
from cca.search.schema import count_of
from cca.search.snippet import Finder, holds_literally, of_pattern, of_terms
from cca.search.texts import Hit, Row, Text, Texts
from cca.search.typed import hint, understand
from cca.settings import Settings

NOT_BUILT = "The search index is being built; `cca follow` keeps it."
NO_INDEX = "There is no search index yet, and nothing builds one; run `cca up`, or `cca follow`."
# Hits whose signs are checked in their text for one page; each costs about 0.5 ms.
CHECKED_HITS = 200
# How long texts are looked at for a regular expression; each costs 1 to 2 ms.
PATIENCE_SECONDS = 1.5
_CHUNK_HITS = 200


@dataclass(frozen=True)
class Results:
    """`approximate`: the total is an upper bound; `message`: a sentence for the user.

    Of a regular expression whose candidates were not all looked at, the total is a lower bound.
    """

    total: int = 0
    approximate: bool = False
    rows: list[Row] = field(default_factory=list)
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Look:
    """How much of the texts is read where the index alone cannot tell."""

    hits: int = CHECKED_HITS
    seconds: float = PATIENCE_SECONDS


class Searcher:
    """Searches the index of `settings.search_dir`; safe to share between threads."""

    def __init__(self, settings: Settings, uri: str = "") -> None:
        self._timezone = ZoneInfo(settings.timezone)
        self._reader = Reader(settings.search_dir)
        self._lock_path = follower_lock_path(settings.search_dir)
        self._texts = Texts(settings, uri)
        self._worked_on = partial(_worked_on, settings)

    def search(  # noqa: PLR0913  (one argument a filter)
        self,
        text: str,
        *,
        project: str | None = None,
        session: str | None = None,
        kind: str | None = None,
        host: str | None = None,
        since: Moment = None,
        until: Moment = None,
        sessions: Collection[str] | None = None,
        pr: str | None = None,
        limit: int = 50,
        offset: int = 0,
        order: Order = "newest",
        with_facets: bool = False,
        look: Look = Look(),
    ) -> Results:
        """Blocks that hold all that was typed; days of `since` and `until` are in the period.

        Signs are not in the index: up to `look.hits` hits are looked at for them, and where there
        are more, the total is an upper bound.
        """
        where = Where(project, session, kind, host, since, until, sessions, pr)
        asked = self._ask(text, where)
        if isinstance(asked, str):
            return Results(message=asked)
        page = Page(limit, offset, order)
        looked = self._look(asked, page, look)
        if looked is None:
            total, hits = hits_of(asked.view, asked.query, page)
            found = Results(total, rows=[text.row(asked.finder) for text in self._texts.of(hits)])
        else:
            found = _paged(looked, page, asked.finder)
        if not found.total:
            found = replace(found, message=found.message or hint(text))
        facets = found.facets or facets_of(asked.view, asked.query) if with_facets else {}
        return replace(found, rows=_in_session(found.rows, asked.filters), facets=facets)

    def by_session(self, text: str, where: Where, page: Page, look: Look = Look()) -> Grouped:
        """A page of the sessions with hits, and the first hits of each.

        Best match first, a session stands where its best hit does; those whose hits all come far
        down follow, the newest first.
        """
        asked = self._ask(text, where)
        if isinstance(asked, str):
            return Grouped(message=asked)
        looked = self._look(asked, Page(CHECKED_HITS, 0, page.order), look)
        if looked is None:
            return groups_of_hits(asked, page, self._texts)
        found = groups_of_texts(looked, asked, page)
        return found if found.groups else replace(found, message=found.message or hint(text))

    def _ask(self, text: str, where: Where) -> Asked | str:
        """What was typed as a query, or a sentence that says why it cannot be searched."""
        typed = understand(text)
        if typed.message:
            return typed.message
        period = (where.since, where.until)
        places = self._texts.places
        rest, sessions = among(typed.filters, where.pr, where.sessions, self._worked_on)
        filters = combined(rest, where.given(), period, self._timezone, places)
        filters = replace(filters, sessions=sessions)
        view = self._reader.view()
        if view is None:
            return NO_INDEX if holder(self._lock_path) is None else NOT_BUILT
        finder = of_terms(typed.terms) if typed.pattern is None else of_pattern(typed.pattern)
        return Asked(view, whole_query(view, typed, filters), typed, filters, finder)

    def _look(self, asked: Asked, page: Page, look: Look) -> Looked | None:
        """Reads texts where the index alone cannot tell; None where it can."""
        if asked.typed.pattern is not None:
            return self._matched(asked, page, look.seconds)
        if any(term.has_signs and not term.is_negated for term in asked.typed.terms):
            return self._checked(asked, page, look.hits)
        return None

    def _checked(self, asked: Asked, page: Page, most: int) -> Looked:
        """Only hits whose text has the signs; all of them are looked at while they are few."""
        wide = Page(max(most, page.offset + page.limit), 0, page.order)
        total, hits = hits_of(asked.view, asked.query, wide)
        chunks = (hits[start : start + _CHUNK_HITS] for start in range(0, len(hits), _CHUNK_HITS))
        held = [
            text
            for chunk in chunks
            for text in self._texts.of(chunk)
            if holds_literally(text.text, asked.typed.terms)
        ]
        if total <= wide.limit:
            return Looked(held, len(held))
        return Looked(held, total, is_approximate=True, has_all=False)

    def _matched(self, asked: Asked, page: Page, seconds: float) -> Looked:
        """Hits whose text the regular expression matches, as many as can be read in the time."""
        pattern = asked.typed.pattern
        if pattern is None:
            return Looked([], 0)
        until = time.monotonic() + seconds
        found, seen, slow = [], 0, 0
        total = count_of(asked.view.searcher, asked.query)
        for text in self._candidates(asked.view, asked.query, page.order, total):
            seen += 1
            try:
                if pattern.is_in(text.text) and holds_literally(text.text, asked.typed.terms):
                    found.append(text)
            except TimeoutError:
                slow += 1
            if time.monotonic() > until and len(found) >= page.offset:
                break
        if seen >= total and not slow:
            return Looked(found, len(found))
        message = f"Looked at {seen - slow:,} of the {total:,} texts that may match."
        return Looked(found, len(found), is_approximate=True, message=message)

    def _candidates(self, view: View, query: Query, order: Order, total: int) -> Iterator[Text]:
        for offset in range(0, total, _CHUNK_HITS):
            _, hits = hits_of(view, query, Page(_CHUNK_HITS, offset, order))
            yield from self._texts.of(hits)


def _worked_on(settings: Settings, pull_request: str) -> Collection[str]:
    from cca.gold.pull_requests import sessions_of  # noqa: PLC0415  (DuckDB, where it is needed)

    return sessions_of(settings, pull_request)


def find_page(view: View, text: str, limit: int = 50) -> tuple[int, list[Hit]]:
    """Total, newest hits and facets of the index alone, without their texts."""
    query = whole_query(view, understand(text), Filters())
    facets_of(view, query)
    return hits_of(view, query, Page(limit, 0, "newest"))


def _paged(looked: Looked, page: Page, finder: Finder) -> Results:
    """A page of texts that were looked at, counted as the index would count them."""
    found = looked.texts
    rows = [text.row(finder) for text in found[page.offset : page.offset + page.limit]]
    told: dict[str, Callable[[Text], str]] = {
        "project": lambda text: str(text.document.get("projectId") or ""),
        "kind": lambda text: text.kind,
        "host": lambda text: str(text.document.get("host") or ""),
    }
    facets = {name: dict(Counter(map(tell, found)).most_common()) for name, tell in told.items()}
    return Results(
        looked.total, looked.is_approximate, rows, facets if looked.has_all else {}, looked.message
    )


def _in_session(rows: list[Row], filters: Filters) -> list[Row]:
    """Asked for one session, a block that was copied into it is shown there."""
    sessions = filters.wanted.get("session", [])
    if len(sessions) != 1:
        return rows
    return [replace(row, session_id=sessions[0]) for row in rows]
