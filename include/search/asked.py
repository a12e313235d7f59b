"""A search as it was asked: its filters, its query, and the hits that the index names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from tantivy import Occur, Query

from cca.search.filters import Filters, Moment, clauses
from cca.search.reader import View
from cca.search.schema import copies_of
from cca.search.snippet import Finder
from cca.search.texts import Hit, Text
from cca.search.typed import Typed

Order = Literal["newest", "best"]
_FACETS = ("project", "kind", "host")


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
    by = "ts" if page.order == "newest" else None
    found = view.searcher.search(query, limit=page.limit, offset=page.offset, order_by_field=by)
    addresses = [address for _, address in found.hits]
    keys = view.searcher.fast_field_values("key", addresses) if addresses else []
    hits = []
    for address, key in zip(addresses, keys, strict=True):
        reference = bytes(view.searcher.doc(address)["ref"][0]).decode()
        document_id, _, order = reference.rpartition(":")
        hits.append(Hit(document_id, int(order), copies_of(view.searcher, int(key or 0))))
    return int(found.count), hits  # type: ignore[attr-defined]  # the stub leaves it out


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
