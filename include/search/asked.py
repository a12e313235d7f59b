"""A search as it was asked: its filters, its query, and the hits that the index names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal

from tantivy import FieldType, Occur, Query, SearchResult

from cca.search.filters import Filters, Moment, clauses
from cca.search.reader import View
from cca.search.schema import copies_of, count_of
from cca.search.snippet import Finder
from cca.search.texts import Hit, Text
from cca.search.typed import Typed

Order = Literal["newest", "best"]
_FACETS = ("project", "kind", "host")
# More hits of one millisecond, such as those of a file without times, keep the index's own order.
_MOST_OF_A_MOMENT = 1000


@dataclass(frozen=True)
class Where:
    """Filters set beside the search; `sessions` are the only ones it looks into.

    `pr` is a pull request: owner/repository#12, #12, 12 or its address.
    """

    project: str | None = None
    session: str | None = None
    kind: str | None = None
    host: str | None = None
    since: Moment = None
    until: Moment = None
    sessions: Collection[str] | None = None
    pr: str | None = None

    def given(self) -> dict[str, str | None]:
        """Returns the filters of the index that may also be typed."""
        return {
            "project": self.project,
            "session": self.session,
            "kind": self.kind,
            "host": self.host,
        }


@dataclass(frozen=True)
class Page:
    limit: int
    offset: int
    order: Order


@dataclass(frozen=True)
class Asked:
    """What was typed and filtered, as a query of one state of the index."""

    view: View
    query: Query
    typed: Typed
    filters: Filters
    finder: Finder


@dataclass(frozen=True)
class Looked:
    """Texts that were read and hold what was asked, in the order of the hits.

    `has_all` is false where there are more hits than were looked at: `total` then bounds them.
    """

    texts: Sequence[Text]
    total: int
    is_approximate: bool = False
    has_all: bool = True
    message: str = ""


def whole_query(view: View, typed: Typed, filters: Filters) -> Query:
    """Returns the query of what was typed and filtered."""
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


def hits_of(view: View, query: Query, page: Page) -> tuple[int, list[Hit]]:
    """Returns how many hits there are, and one page of them."""
    if page.order == "best":
        found = view.searcher.search(query, limit=page.limit, offset=page.offset)
        return int(found.count), _hits(view, found)  # type: ignore[attr-defined]  # the stub leaves it out
    # One more on each side tells whether a moment goes on there.
    before = min(page.offset, 1)
    found = view.searcher.search(
        query, limit=before + page.limit + 1, offset=page.offset - before, order_by_field="ts"
    )
    hits = _hits(view, found)
    addresses = [address for _, address in found.hits]
    times = view.searcher.fast_field_values("ts", addresses) if addresses else []
    last = before + page.limit
    edges = [*times[:before], *times[last:]]
    settled: list[Hit] = []
    for moment, group in groupby(
        zip(times[before:last], hits[before:last], strict=True), key=itemgetter(0)
    ):
        here = sorted((hit for _, hit in group), key=_place)
        if moment in edges and moment is not None:
            here = _of_moment(view, query, page, int(moment)) or here
        settled += here
    return int(found.count), settled  # type: ignore[attr-defined]


def _of_moment(view: View, query: Query, page: Page, moment: int) -> list[Hit]:
    """Returns the page's hits of a moment that other pages have hits of, too.

    The index has an order of its own for them, which another build of it need not have.
    """
    newer = _at(view, query, moment + 1, None)
    begins = count_of(view.searcher, newer)
    found = view.searcher.search(_at(view, query, moment, moment), limit=_MOST_OF_A_MOMENT)
    if int(found.count) > _MOST_OF_A_MOMENT:  # type: ignore[attr-defined]
        return []
    hits = sorted(_hits(view, found), key=_place)
    return hits[max(0, page.offset - begins) : max(0, page.offset + page.limit - begins)]


def _at(view: View, query: Query, first: int, last: int | None) -> Query:
    period = Query.range_query(view.schema, "ts", FieldType.Integer, first, last)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, period)])


def _place(hit: Hit) -> tuple[str, int]:
    return hit.document_id, hit.order


def _hits(view: View, found: SearchResult) -> list[Hit]:
    addresses = [address for _, address in found.hits]
    keys = view.searcher.fast_field_values("key", addresses) if addresses else []
    hits = []
    for address, key in zip(addresses, keys, strict=True):
        reference = bytes(view.searcher.doc(address)["ref"][0]).decode()
        document_id, _, order = reference.rpartition(":")
        hits.append(Hit(document_id, int(order), copies_of(view.searcher, int(key or 0))))
    return hits


def terms(field: str, size: int = 1000) -> dict[str, object]:
    """Returns an aggregation by the values of a field."""
    # With the default segment_size, counts are approximate once there are several segments.
    return {"terms": {"field": field, "size": size, "segment_size": 100_000}}


def facets_of(view: View, query: Query) -> dict[str, dict[str, int]]:
    """Returns how many hits each project, kind and machine has."""
    found = view.searcher.aggregate(query, {name: terms(name) for name in _FACETS})
    return {name: counts_in(found[name]) for name in _FACETS}


def counts_in(aggregation: dict[str, list[dict[str, int]]]) -> dict[str, int]:
    """Returns value → hits of an aggregation by values."""
    return {str(bucket["key"]): bucket["doc_count"] for bucket in aggregation["buckets"]}
