"""Hits by session: which sessions hold them, the first hits of each, and how many came when."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from tantivy import Occur, Query

from cca.search.asked import Asked, Looked, Page, counts_in, hits_of, terms
from cca.search.index import milliseconds
from cca.search.texts import Hit, Row, Text, Texts

# Hits that decide which sessions come first.
_RANKED_HITS = 300
# Hits of a session that are shown.
_SHOWN_HITS = 3
_MOST_SESSIONS = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SessionHits:
    """A session with `count` hits, the first of them as `rows`."""

    session_id: str
    count: int
    rows: list[Row]


@dataclass(frozen=True)
class Grouped:
    """A page of sessions with hits.

    `total` counts hits, `sessions` all sessions that hold any. `is_approximate` and `message` as of
    `Results`. `first` and `last` are the times of the oldest and the newest hit.
    """

    total: int = 0
    sessions: int = 0
    groups: list[SessionHits] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    is_approximate: bool = False
    message: str = ""
    # Of times in order: how many hits there are from each up to the next.
    counts_between: Callable[[Sequence[datetime]], list[int]] = lambda bounds: (
        [0] * (len(bounds) - 1)
    )


def groups_of_hits(asked: Asked, page: Page, texts: Texts) -> Grouped:
    """Returns a page of sessions, counted by the index."""
    found = asked.view.searcher.aggregate(
        asked.query,
        {
            "session": {**terms("session", _MOST_SESSIONS), "aggs": {"last": _of("max")}},
            "kind": terms("kind"),
            "first": _of("min"),
            "last": _of("max"),
        },
    )
    counts = counts_in(found["session"])
    newest = {bucket["key"]: bucket["last"]["value"] for bucket in found["session"]["buckets"]}
    by_time = sorted(counts, key=lambda one: (-newest[one], one))
    total, hits = hits_of(asked.view, asked.query, Page(_RANKED_HITS, 0, page.order))
    sessions_of_hits = texts.sessions_of(hits)
    ranked: dict[str, list[Hit]] = {}
    for hit, session in zip(hits, sessions_of_hits, strict=True):
        ranked.setdefault(session, []).append(hit)
    # By time the index itself knows the order of all sessions.
    first = ranked if page.order == "best" else ()
    order = [*(one for one in first if one in counts), *(o for o in by_time if o not in first)]
    shown = order[page.offset : page.offset + page.limit]
    chosen = {one: ranked.get(one) or _hits_in(asked, one, page) for one in shown}
    rows = _rows(asked, texts, [hit for one in shown for hit in chosen[one][:_SHOWN_HITS]])
    return Grouped(
        total,
        len(counts),
        [SessionHits(one, counts[one], [r for r in rows if r.session_id == one]) for one in shown],
        counts_in(found["kind"]),
        _moment(found["first"]["value"]),
        _moment(found["last"]["value"]),
        counts_between=lambda bounds: _counted(asked, bounds),
    )


def groups_of_texts(looked: Looked, asked: Asked, page: Page) -> Grouped:
    """Returns a page of sessions, of texts that were read."""
    found: dict[str, list[Text]] = {}
    for text in looked.texts:
        found.setdefault(str(text.document.get("sessionKey") or ""), []).append(text)
    times = sorted(at for text in looked.texts if (at := text.document.get("eventAt")))
    groups = [
        SessionHits(one, len(texts), [text.row(asked.finder) for text in texts[:_SHOWN_HITS]])
        for one, texts in islice(found.items(), page.offset, page.offset + page.limit)
    ]
    return Grouped(
        looked.total,
        len(found),
        groups,
        dict(Counter(text.kind for text in looked.texts).most_common()),
        times[0] if times else None,
        times[-1] if times else None,
        looked.is_approximate,
        looked.message,
        lambda bounds: [sum(start <= at < end for at in times) for start, end in pairwise(bounds)],
    )


def _of(what: str) -> dict[str, Any]:
    return {what: {"field": "ts"}}


def _hits_in(asked: Asked, session: str, page: Page) -> list[Hit]:
    """Returns the first hits of a session that comes after the ranked ones."""
    only = Query.term_query(asked.view.schema, "session", session)
    query = Query.boolean_query([(Occur.Must, asked.query), (Occur.Must, only)])
    return hits_of(asked.view, query, Page(_SHOWN_HITS, 0, page.order))[1]


def _rows(asked: Asked, texts: Texts, hits: Iterable[Hit]) -> list[Row]:
    return [text.row(asked.finder) for text in texts.of(list(hits))]


def _counted(asked: Asked, bounds: Sequence[datetime]) -> list[int]:
    """Returns how many hits the index has between each two of the times."""
    marks = [milliseconds(bound) for bound in bounds]
    ranges = [
        {"from": start, "to": end, "key": str(number)}
        for number, (start, end) in enumerate(pairwise(marks))
    ]
    wanted = {"when": {"range": {"field": "ts", "ranges": ranges}}}
    found = asked.view.searcher.aggregate(asked.query, wanted)["when"]["buckets"]
    counts = {bucket["key"]: bucket["doc_count"] for bucket in found}
    return [counts.get(str(number), 0) for number in range(len(ranges))]


def _moment(milliseconds_since_1970: float | None) -> datetime | None:
    if milliseconds_since_1970 is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds_since_1970)
    except OverflowError:
        return None
