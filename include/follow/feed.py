"""New documents of the archive in the order (ingestedAt, _id), late ones too.

A change stream only says that there is something; what there is, is always read the same way, so
a lost or impossible stream costs seconds and never a document.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from pymongo.change_stream import CollectionChangeStream
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError

from cca.mongo import archive
from cca.mongo.archive import Document
from cca.search.blocks import READ_FIELDS, is_read_whole
from cca.search.home import Position

log = logging.getLogger(__name__)

# A write may become visible this long after a later one: delivery retries, skewed clocks.
OVERLAP = timedelta(minutes=10)
# The rest is most of the fields and half of the bytes; a line kept as such comes whole.
_OWN = ("projectId", "sessionKey", "host", "eventAt", "ingestedAt", "rawLine", "rawFile")
_PROJECTION = dict.fromkeys((*READ_FIELDS, *_OWN), 1)
_ORDER = [("ingestedAt", 1), ("_id", 1)]
_POLL_SECONDS = 0.2
_MOST_SEEN = 10_000
_LATE_CHECK_SECONDS = 5.0
_LATE_CHECK_SECONDS_WITH_STREAM = 60.0
_ONLY_INSERTS: list[dict[str, Any]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"documentKey": 1}},
]


class Feed:
    """Reads on from a position; `is_known` spares what the index holds already."""

    def __init__(
        self,
        collection: Collection[Document],
        start: Position | None,
        is_known: Callable[[str], bool],
    ) -> None:
        self._collection = collection
        self._is_known = is_known
        self.position = start
        self._seen: dict[str, datetime] = {}
        self._most_seen = _MOST_SEEN
        self._hints: set[str] = set()
        # Opened before the first read: nothing falls between the two.
        self._stream = _stream(collection)
        self._late_check_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            with suppress(PyMongoError):
                self._stream.close()

    def read(self, limit: int) -> list[Document]:
        """The next documents; none when all there is has been read."""
        found = list(self._ahead().sort(_ORDER).limit(limit))
        if found:
            last = found[-1]
            self.position = Position(last["ingestedAt"], last["_id"])
        else:
            found = self._late(limit)
        self._remember(found)
        return [archive.whole(self._collection, document) for document in self._filled(found)]

    def _filled(self, found: list[Document]) -> list[Document]:
        """The documents; of a type that nobody listed all fields are read, which few have."""
        new = [document["_id"] for document in found if is_read_whole(document)]
        if not new:
            return found
        whole = {each["_id"]: each for each in self._collection.find({"_id": {"$in": new}})}
        return [whole.get(document["_id"], document) for document in found]

    @property
    def is_over(self) -> bool:
        """Whether the stream ended for good, as it does when the collection is dropped."""
        return self._stream is not None and not self._stream.alive

    def wait(self, seconds: float) -> None:
        """Return when there may be something new, or after about that long."""
        until = time.monotonic() + seconds
        while self._stream is not None and time.monotonic() < until:
            change = self._stream.try_next()
            if change is None:
                return
            if change["documentKey"]["_id"] not in self._seen:
                self._hints.add(change["documentKey"]["_id"])
                return
        if self._stream is None:
            time.sleep(min(seconds, _POLL_SECONDS))

    def _ahead(self) -> Any:
        if self.position is None:
            return self._collection.find({"ingestedAt": {"$type": "date"}}, _PROJECTION)
        at = self.position.ingested_at
        beyond = {"$or": [{"ingestedAt": {"$gt": at}}, {"_id": {"$gt": self.position.id}}]}
        return self._collection.find({"ingestedAt": {"$gte": at}, **beyond}, _PROJECTION)

    def _late(self, limit: int) -> list[Document]:
        """Documents behind the position that were not there when it passed."""
        wanted = {key for key in self._hints if key not in self._seen}
        self._hints.clear()
        if self.position is not None and time.monotonic() >= self._late_check_at:
            wanted |= self._unseen(self.position.ingested_at - OVERLAP)
        late = sorted(wanted)
        self._hints.update(late[limit:])
        if not late:
            return []
        return list(self._collection.find({"_id": {"$in": late[:limit]}}, _PROJECTION))

    def _unseen(self, since: datetime) -> set[str]:
        started = time.monotonic()
        self._forget_before(since)
        ids = self._collection.find({"ingestedAt": {"$gte": since}}, {"_id": 1, "ingestedAt": 1})
        unseen = set()
        for row in ids.hint(_ORDER) if self._has_index() else ids:
            if row["_id"] in self._seen:
                continue
            if self._is_known(row["_id"]):
                self._seen[row["_id"]] = row["ingestedAt"]
            else:
                unseen.add(row["_id"])
        pause = _LATE_CHECK_SECONDS if self._stream is None else _LATE_CHECK_SECONDS_WITH_STREAM
        took = time.monotonic() - started
        # After a bulk load the look back is long: it must not become the work.
        self._late_check_at = time.monotonic() + max(pause, 20 * took)
        return unseen

    def _has_index(self) -> bool:
        keys = (list(index["key"].items()) for index in self._collection.list_indexes())
        return _ORDER in keys

    def _remember(self, documents: Iterable[Document]) -> None:
        for document in documents:
            at = document.get("ingestedAt")
            if isinstance(at, datetime):
                self._seen[document["_id"]] = at
        if self.position is not None and len(self._seen) > self._most_seen:
            self._forget_before(self.position.ingested_at - OVERLAP)

    def _forget_before(self, since: datetime) -> None:
        self._seen = {key: at for key, at in self._seen.items() if at >= since}
        self._most_seen = max(_MOST_SEEN, 2 * len(self._seen))


def _stream(collection: Collection[Document]) -> CollectionChangeStream[Document] | None:
    try:
        return collection.watch(_ONLY_INSERTS, max_await_time_ms=250)
    except OperationFailure as error:
        log.info("no change stream (%s): looking every %.1f s", error.code, _POLL_SECONDS)
        return None
