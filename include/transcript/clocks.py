"""Times of entries whose clock was plainly wrong, as dbt's `stg_corrected_times` corrects them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cca.transcript.times import is_clock_wrong

Document = dict[str, Any]


def corrected(documents: Iterable[Document]) -> Iterator[tuple[Document, bool]]:
    """Yields each document, in order, and whether its clock was wrong.

    `documents` come stream by stream. A wrong `eventAt` becomes the latest right time before it in
    its stream, else the next one after it, else when MongoDB took the entry.
    """
    stream: Any = None
    latest: datetime | None = None
    # The wrong ones at the start of a stream.
    waiting: list[Document] = []
    for document in documents:
        if document.get("stream") != stream:
            yield from ((one | {"eventAt": one["ingestedAt"]}, True) for one in waiting)
            stream, latest, waiting = document.get("stream"), None, []
        if not _is_wrong(document):
            at = document.get("eventAt")
            yield from ((one | {"eventAt": at}, True) for one in waiting)
            waiting = []
            latest = max(latest, at) if latest and at else latest or at
            yield document, False
        elif latest is None:
            waiting.append(document)
        else:
            yield document | {"eventAt": latest}, True
    yield from ((one | {"eventAt": one["ingestedAt"]}, True) for one in waiting)


def _is_wrong(document: Document) -> bool:
    at, taken_at = document.get("eventAt"), document.get("ingestedAt")
    if not (isinstance(at, datetime) and isinstance(taken_at, datetime)):
        return False
    return is_clock_wrong(document.get("timestamp"), at, taken_at)
