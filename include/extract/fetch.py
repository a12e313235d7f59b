"""Documents of a window out of MongoDB, and what its own clock and indexes say."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection

from cca.lake.time_range import Range
from cca.mongo import archive
from cca.mongo.archive import Document

# an insert is stamped before it is visible: what is younger than this may still be on its way
SETTLE = timedelta(seconds=2)
_SETTLE_POLL_SECONDS = 0.1
_LONGEST_SETTLE_SECONDS = 5.0


def settled_now(collection: Collection[Document]) -> datetime:
    """The latest `ingestedAt` that is safe to own, by MongoDB's clock.

    Waits until the newest document is old enough, so that a run right after a sync takes all
    of it; under a steady stream of arrivals it gives up and leaves the newest to the next run.
    """
    newest = collection.find_one(projection=["ingestedAt"], sort=[("ingestedAt", DESCENDING)])
    deadline = time.monotonic() + _LONGEST_SETTLE_SECONDS
    while True:
        safe = server_time(collection) - SETTLE
        if newest is None or newest["ingestedAt"] <= safe or time.monotonic() > deadline:
            return safe
        time.sleep(_SETTLE_POLL_SECONDS)


def server_time(collection: Collection[Document]) -> datetime:
    """MongoDB's own clock."""
    hello = collection.database.command("hello", codec_options=collection.codec_options)
    now: datetime = hello["localTime"]
    return now


def documents(collection: Collection[Document], owned: Range) -> Iterator[Document]:
    """Owned documents by event time, so that each date comes in one piece; times are naive UTC.

    A narrow `ingestedAt` range is read by its own index instead: its dates are few.
    """
    order = "eventAt" if owned.is_wide else "ingestedAt"
    # zones cost a third of the decoding, and pyarrow takes naive times as UTC
    naive: Collection[Document] = collection.with_options(codec_options=CodecOptions())
    query = naive.find(owned.query(), batch_size=2000, allow_disk_use=True)
    for document in query.sort(order, ASCENDING):
        yield archive.whole(collection, document) if "rawFile" in document else document


def count(collection: Collection[Document], owned: Range) -> int:
    """How many documents the range owns, for the progress bar."""
    query = owned.query()
    if not query:
        return collection.estimated_document_count()
    return collection.count_documents(query)


def arrived(collection: Collection[Document], after: datetime, through: datetime) -> int:
    """How many documents came in (after, through]; the index alone tells."""
    query = {"ingestedAt": {"$gt": after, "$lte": through}}
    # `count_documents` aggregates, which is several times the work of this command
    found = collection.database.command("count", collection.name, query=query)
    return int(found["n"])
