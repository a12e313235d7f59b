"""Searching: hits from the index, their texts from MongoDB."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tantivy import Occur, Query

from cca.search.filters import Filters, Moment, clauses, combined
from cca.search.reader import Reader, View
from cca.search.schema import count_of
from cca.search.snippet import Finder, holds_literally, of_pattern, of_terms
from cca.search.texts import Hit, Row, Text, Texts
from cca.search.typed import Typed, understand
from cca.settings import Settings

NOT_BUILT = "The search index is being built; `cca follow` keeps it."
# Hits whose signs are checked in their text for one page; each costs about 0.5 ms.
CHECKED_HITS = 200
# How long texts are looked at for a regular expression; each costs 1 to 2 ms.
PATIENCE_SECONDS = 1.5
_CHUNK_HITS = 200
_FACETS = ("project", "kind", "host")

Order = Literal["newest", "best"]


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


@dataclass(frozen=True)
class _Page:
    limit: int
    offset: int
    order: Order


class Searcher:
    """Searches the index of `settings.search_dir`; safe to share between threads."""

    def __init__(self, settings: Settings, uri: str = "") -> None:
        self._timezone = ZoneInfo(settings.timezone)
        self._reader = Reader(settings.search_dir)
        self._texts = Texts(settings, uri)

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
        typed = understand(text)
        if typed.message:
            return Results(message=typed.message)
        given = {"project": project, "session": session, "kind": kind, "host": host}
        filters = combined(typed.filters, given, (since, until), self._timezone, self._texts.places)
        filters = replace(filters, sessions=sessions)
        view = self._reader.view()
        if view is None:
            return Results(message=NOT_BUILT)
        query = _whole_query(view, typed, filters)
        page = _Page(limit, offset, order)
        if typed.pattern is not None:
            found = self._matched(view, query, page, typed, look.seconds)
        elif any(term.has_signs and not term.is_negated for term in typed.terms):
            found = self._checked(view, query, page, typed, look.hits)
        else:
            found = self._plain(view, query, page, of_terms(typed.terms))
        facets = found.facets or _facets(view, query) if with_facets else {}
        return replace(found, rows=_in_session(found.rows, filters), facets=facets)

    def _plain(self, view: View, query: Query, page: _Page, finder: Finder) -> Results:
        total, hits = _hits(view, query, page)
        return Results(total, rows=[text.row(finder) for text in self._texts.of(hits)])

    def _checked(self, view: View, query: Query, page: _Page, typed: Typed, most: int) -> Results:
        """Only hits whose text has the signs; all of them are looked at while they are few."""
        wide = _Page(max(most, page.offset + page.limit), 0, page.order)
        total, hits = _hits(view, query, wide)
        chunks = (hits[start : start + _CHUNK_HITS] for start in range(0, len(hits), _CHUNK_HITS))
        held = [
            text
            for chunk in chunks
            for text in self._texts.of(chunk)
            if holds_literally(text.text, typed.terms)
        ]
        found = _paged(held, page, of_terms(typed.terms))
        return found if total <= wide.limit else replace(found, total=total, approximate=True,
                                                         facets={})  # fmt: skip

    def _matched(
        self, view: View, query: Query, page: _Page, typed: Typed, seconds: float
    ) -> Results:
        """Hits whose text the regular expression matches, as many as can be read in the time."""
        pattern = typed.pattern
        if pattern is None:
            return Results()
        until = time.monotonic() + seconds
        found, seen, slow = [], 0, 0
        total = count_of(view.searcher, query)
        for text in self._candidates(view, query, page.order, total):
            seen += 1
            try:
                if pattern.is_in(text.text) and holds_literally(text.text, typed.terms):
                    found.append(text)
            except TimeoutError:
                slow += 1
            if time.monotonic() > until and len(found) >= page.offset:
                break
        shown = _paged(found, page, of_pattern(pattern))
        if seen >= total and not slow:
            return shown
        message = f"Looked at {seen - slow:,} of the {total:,} texts that may match."
        return replace(shown, approximate=True, message=message)

    def _candidates(self, view: View, query: Query, order: Order, total: int) -> Iterator[Text]:
        for offset in range(0, total, _CHUNK_HITS):
            _, hits = _hits(view, query, _Page(_CHUNK_HITS, offset, order))
            yield from self._texts.of(hits)


def _whole_query(view: View, typed: Typed, filters: Filters) -> Query:
    parts = [
        (Occur.MustNot if term.is_negated else Occur.Must, view.maker.query_of(term))
        for term in typed.terms
    ]
    if typed.pattern is not None:
        parts += [(Occur.Must, query) for query in view.maker.needed(typed.pattern)]
    parts += clauses(filters, view.schema, view.searcher)
    if not (typed.pattern or any(not term.is_negated for term in typed.terms)):
        parts.append((Occur.Must, Query.exists_query("key")))
    return Query.boolean_query(parts)


def find_page(view: View, text: str, limit: int = 50) -> tuple[int, list[Hit]]:
    """Total, newest hits and facets of the index alone, without their texts."""
    query = _whole_query(view, understand(text), Filters())
    _facets(view, query)
    return _hits(view, query, _Page(limit, 0, "newest"))


def _hits(view: View, query: Query, page: _Page) -> tuple[int, list[Hit]]:
    by = "ts" if page.order == "newest" else None
    found = view.searcher.search(query, limit=page.limit, offset=page.offset, order_by_field=by)
    addresses = [address for _, address in found.hits]
    keys = view.searcher.fast_field_values("key", addresses) if addresses else []
    hits = []
    for address, key in zip(addresses, keys, strict=True):
        reference = bytes(view.searcher.doc(address)["ref"][0]).decode()
        document_id, _, order = reference.rpartition(":")
        hits.append(Hit(document_id, int(order), view.searcher.doc_freq("of", key)))
    return int(found.count), hits  # type: ignore[attr-defined]  # the stub leaves it out


def _paged(found: Sequence[Text], page: _Page, finder: Finder) -> Results:
    """A page of texts that were all looked at, counted as the index would count them."""
    rows = [text.row(finder) for text in found[page.offset : page.offset + page.limit]]
    told: dict[str, Callable[[Text], str]] = {
        "project": lambda text: str(text.document.get("projectId") or ""),
        "kind": lambda text: text.kind,
        "host": lambda text: str(text.document.get("host") or ""),
    }
    facets = {name: dict(Counter(map(tell, found)).most_common()) for name, tell in told.items()}
    return Results(len(found), rows=rows, facets=facets)


def _facets(view: View, query: Query) -> dict[str, dict[str, int]]:
    # With the default segment_size, counts are approximate once there are several segments.
    wanted = {
        name: {"terms": {"field": name, "size": 1000, "segment_size": 100_000}} for name in _FACETS
    }
    found: dict[str, Any] = view.searcher.aggregate(query, wanted)
    return {
        name: {bucket["key"]: bucket["doc_count"] for bucket in found[name]["buckets"]}
        for name in _FACETS
    }


def _in_session(rows: list[Row], filters: Filters) -> list[Row]:
    """Asked for one session, a block that was copied into it is shown there."""
    sessions = filters.wanted.get("session", [])
    if len(sessions) != 1:
        return rows
    return [replace(row, session_id=sessions[0]) for row in rows]
