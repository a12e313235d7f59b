"""Reads documents of a time range from MongoDB, and asks its clock and its indexes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import cast

from bson import decode
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection

from cca.lake.time_range import TimeRange
from cca.mongo import archive
from cca.mongo.archive import WITHOUT_ZONES, Document
from cca.waiting import wait_until

# MongoDB stamps an insert before anybody can see it: a younger one may still be on its way.
VISIBLE_AFTER = timedelta(seconds=2)
_POLL_SECONDS = 0.1
# One and a half megabytes of ordinary documents: larger ones go to fresh memory each time.
_BATCH = 500
_LONGEST_WAIT_SECONDS = 5.0


def latest_visible(collection: Collection[Document]) -> datetime:
    """Return the latest `ingestedAt` by which every document is visible, by MongoDB's clock.

    Waits until the newest document is old enough, so that a run right after a sync takes all
    of it; under a steady stream of arrivals it leaves the newest ones to the next run.
    """
    both = (collection, archive.limits_beside(collection))
    newest = [
        one["ingestedAt"]
        for each in both
        if (one := each.find_one(projection=["ingestedAt"], sort=[("ingestedAt", DESCENDING)]))
    ]

    def is_visible() -> bool:
        return not newest or max(newest) <= server_time(collection) - VISIBLE_AFTER

    wait_until(is_visible, _LONGEST_WAIT_SECONDS, poll_seconds=_POLL_SECONDS)
    return server_time(collection) - VISIBLE_AFTER


def server_time(collection: Collection[Document]) -> datetime:
    """Return the time by MongoDB's own clock."""
    return archive.server_time(collection.database)


def documents(
    collection: Collection[Document], scope: TimeRange
) -> Iterator[tuple[Document, bytes]]:
    """Yield the documents by event time, so that each date comes in one piece, with their BSON.

    Times are naive UTC. A narrow `ingestedAt` range is read by its own index instead: its dates
    are few.
    """
    order = "eventAt" if scope.is_wide else "ingestedAt"
    query = collection.find_raw_batches(scope.query(), batch_size=_BATCH, allow_disk_use=True)
    # Its types say documents; what comes is the bytes of a batch of them.
    for batch in _ahead(cast("Iterator[bytes]", query.sort(order, ASCENDING))):
        for bson in _apart(batch):
            document = decode(bson, WITHOUT_ZONES)
            yield archive.whole(collection, document) if "rawFile" in document else document, bson


def _ahead(batches: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the batches, and let MongoDB prepare the next one meanwhile."""
    with ThreadPoolExecutor(1, "cca-fetch") as pool:
        coming = pool.submit(next, batches, b"")
        while batch := coming.result():
            coming = pool.submit(next, batches, b"")
            yield batch


def _apart(batch: bytes) -> Iterator[bytes]:
    """Yield the documents of a batch; each begins with its length."""
    start, size = 0, len(batch)
    while start < size:
        end = start + int.from_bytes(batch[start : start + 4], "little")
        yield batch[start:end]
        start = end


def count(collection: Collection[Document], scope: TimeRange) -> int:
    """Count the documents of the range, for the progress bar."""
    query = scope.query()
    if not query:
        return collection.estimated_document_count()
    return collection.count_documents(query)


def arrived(collection: Collection[Document], after: datetime, through: datetime) -> int:
    """Count what came in (after, through], entries and limits; only the indexes are read."""
    both = (collection, archive.limits_beside(collection))
    return sum(archive.arrived(each, after, through) for each in both)
