"""Searching: hits from the index, their texts from MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from tantivy import Occur, Query

from include import archive
from include.entries import entry_of
from include.errors import ServiceDown
from include.search.blocks import searchable
from include.search.filters import Filters, Moment, clauses, combined
from include.search.reader import Reader, View
from include.search.snippet import holds_literally, snippet_of
from include.search.typed import Term, Typed, understand
from include.settings import Settings

NOT_BUILT = "The search index is being built; `cca follow` keeps it."
# Hits whose signs are checked in their text for one page; each costs about 0.5 ms.
CHECKED_HITS = 200
_CHUNK_HITS = 200
_FACETS = ("project", "kind", "host")

Order = Literal["newest", "best"]


@dataclass(frozen=True)
class Row:
    """One hit; `marks` are (start, end) in the snippet, `copies` how often it stands elsewhere."""

    session_id: str
    project_id: str
    entry_id: str
    kind: str
    at: datetime | None
    snippet: str
    marks: list[tuple[int, int]]
    copies: int
    host: str
    document_id: str


@dataclass(frozen=True)
class Results:
    """`approximate`: the total is an upper bound; `message`: a sentence for the user."""

    total: int = 0
    approximate: bool = False
    rows: list[Row] = field(default_factory=list)
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class _Hit:
    document_id: str
    order: int
    copies: int


class Searcher:
    """Searches the index of `settings.search_dir`; safe to share between threads."""

    def __init__(self, settings: Settings, uri: str = "") -> None:
        self._timezone = ZoneInfo(settings.timezone)
        self._reader = Reader(settings.search_dir)
        self._settings = settings
        self._uri = uri or settings.mongo_uri
        self._collection: Collection[archive.Document] | None = None

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
        limit: int = 50,
        offset: int = 0,
        order: Order = "newest",
        with_facets: bool = False,
        check: int = CHECKED_HITS,
    ) -> Results:
        """Blocks that hold all that was typed; days of `since` and `until` are in the period.

        Signs are not in the index: up to `check` hits are looked at for them, and where there are
        more, the total is an upper bound.
        """
        typed = understand(text)
        if typed.message:
            return Results(message=typed.message)
        given = {"project": project, "session": session, "kind": kind, "host": host}
        filters = combined(typed.filters, given, (since, until), self._timezone)
        view = self._reader.view()
        if view is None:
            return Results(message=NOT_BUILT)
        query = _whole_query(view, typed, filters)
        page = _Page(limit, offset, order)
        needs_check = any(term.has_signs and not term.is_negated for term in typed.terms)
        found = (
            self._checked(view, query, page, typed.terms, check)
            if needs_check
            else self._plain(view, query, page, typed.terms)
        )
        rows = _in_session(found.rows, filters)
        facets = _facets(view, query) if with_facets else {}
        return Results(found.total, found.approximate, rows, facets)

    def _plain(self, view: View, query: Query, page: "_Page", terms: Sequence[Term]) -> Results:
        total, hits = _hits(view, query, page)
        rows = [row for row, _ in self._rows(hits, terms)]
        return Results(total, rows=rows)

    def _checked(
        self, view: View, query: Query, page: "_Page", terms: Sequence[Term], check: int
    ) -> Results:
        """Only hits whose text has the signs; all of them are looked at while they are few."""
        wide = _Page(max(check, page.offset + page.limit), 0, page.order)
        total, hits = _hits(view, query, wide)
        rows = [
            row
            for start in range(0, len(hits), _CHUNK_HITS)
            for row, text in self._rows(hits[start : start + _CHUNK_HITS], terms)
            if holds_literally(text, terms)
        ]
        is_whole = total <= wide.limit
        shown = rows[page.offset : page.offset + page.limit]
        return Results(len(rows) if is_whole else total, not is_whole, shown)

    def _rows(self, hits: Sequence[_Hit], terms: Sequence[Term]) -> list[tuple[Row, str]]:
        documents = self._documents([hit.document_id for hit in hits])
        blocks = {key: list(searchable(entry_of(found))) for key, found in documents.items()}
        rows = []
        for hit in hits:
            # gone from the archive since the index was made, or not what it was
            if hit.order >= len(blocks.get(hit.document_id, ())):
                continue
            document, block = documents[hit.document_id], blocks[hit.document_id][hit.order]
            snippet = snippet_of(block.text, terms)
            row = Row(
                session_id=str(document.get("sessionKey") or ""),
                project_id=str(document.get("projectId") or ""),
                entry_id=str(document.get("uuid") or document["_id"]),
                kind=block.kind,
                at=document.get("eventAt"),
                snippet=snippet.text,
                marks=snippet.marks,
                copies=hit.copies,
                host=str(document.get("host") or ""),
                document_id=hit.document_id,
            )
            rows.append((row, block.text))
        return rows

    def _documents(self, ids: Sequence[str]) -> dict[str, archive.Document]:
        collection = self._connected()
        try:
            found = collection.find({"_id": {"$in": list(set(ids))}}, {"toolUseResult": 0})
            return {str(document["_id"]): archive.whole(collection, document) for document in found}
        except PyMongoError as error:
            archive.require(collection.database.client, self._uri)
            raise ServiceDown(f"MongoDB could not read the hits: {error}") from error

    def _connected(self) -> Collection[archive.Document]:
        if self._collection is None:
            uri = self._uri or _running(self._settings)
            self._collection = archive.conversations(archive.connect(uri), self._settings)
            self._uri = uri
        return self._collection


@dataclass(frozen=True)
class _Page:
    limit: int
    offset: int
    order: Order


def _running(settings: Settings) -> str:
    from include.embedded.mongod import running_uri  # noqa: PLC0415  (only where no URI is set)

    uri = running_uri(settings)
    if uri is None:
        raise ServiceDown(
            "MongoDB does not run; set MONGO_URI, or start it with `cca up --only mongo`"
        )
    return uri


def _whole_query(view: View, typed: Typed, filters: Filters) -> Query:
    parts = [
        (Occur.MustNot if term.is_negated else Occur.Must, view.maker.query_of(term))
        for term in typed.terms
    ]
    parts += clauses(filters, view.schema, view.searcher)
    if all(term.is_negated for term in typed.terms):
        parts.append((Occur.Must, Query.exists_query("key")))
    return Query.boolean_query(parts)


def _hits(view: View, query: Query, page: _Page) -> tuple[int, list[_Hit]]:
    by = "ts" if page.order == "newest" else None
    found = view.searcher.search(query, limit=page.limit, offset=page.offset, order_by_field=by)
    addresses = [address for _, address in found.hits]
    keys = view.searcher.fast_field_values("key", addresses) if addresses else []
    hits = []
    for address, key in zip(addresses, keys, strict=True):
        reference = bytes(view.searcher.doc(address).get_first("ref")).decode()
        document_id, _, order = reference.rpartition(":")
        hits.append(_Hit(document_id, int(order), view.searcher.doc_freq("of", key)))
    return found.count, hits


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
