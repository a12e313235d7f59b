"""What is to be forgotten, as a query over the index."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Occur, Query

from cca.search.schema import PLACES, count_of, document_key


@dataclass(frozen=True)
class Chosen:
    """All that is given must hold; nothing given chooses nothing."""

    host: str = ""
    project: str = ""
    session: str = ""
    ids: tuple[str, ...] = ()  # of documents in MongoDB


def removal_query(
    chosen: Chosen, schema: tantivy.Schema, searcher: tantivy.Searcher
) -> Query | None:
    """The blocks that were said there, and copies that stand there."""
    parts = [
        Query.term_query(schema, name, value)
        for name in PLACES
        if (value := str(getattr(chosen, name)))
    ]
    if chosen.ids:
        keys = [key for one in chosen.ids for key in _keys(one, searcher)]
        parts.append(Query.term_set_query(schema, "doc", keys) if keys else Query.empty_query())
    return Query.boolean_query([(Occur.Must, part) for part in parts]) if parts else None


def places_of(query: Query, searcher: tantivy.Searcher) -> tuple[int, set[str], set[str]]:
    """How many blocks a query finds, and in which sessions and projects."""
    wanted = {
        name: {"terms": {"field": name, "size": 1_000_000, "segment_size": 1_000_000}}
        for name in ("session", "project")
    }
    found: dict[str, Any] = searcher.aggregate(query, wanted)
    sessions, projects = (
        {str(bucket["key"]) for bucket in found[name]["buckets"]} for name in wanted
    )
    return count_of(searcher, query), sessions, projects


def _keys(document_id: str, searcher: tantivy.Searcher) -> Iterator[int]:
    # Blocks of a document are numbered without gaps.
    order = 0
    while searcher.doc_freq("doc", key := document_key(document_id, order)):
        yield key
        order += 1
