"""New documents of the archive in the order (ingestedAt, _id), late ones too.

It asks MongoDB again and again, by an index, so it works on every server. A document is late if a
younger one was read before it could be seen. Counts of the index tell whether there is one; only
then are ids compared.

Without a position it first reads what there is in the order in which it lies: by the index that
costs MongoDB twice as much. The position is known at the end of that.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from pymongo.collection import Collection

from cca.mongo import archive
from cca.mongo.archive import ARRIVALS, WITHOUT_ZONES, Document
from cca.search.blocks import READ_FIELDS, is_read_whole
from cca.search.home import Position

# A write may become visible this long after a later one: delivery retries, skewed clocks.
OVERLAP = timedelta(minutes=10)
# Once nothing came for so long it is quiet.
_QUIET_AFTER_SECONDS = 60.0
# The rest is most of the fields and half of the bytes; a line kept as such comes whole.
_OWN = ("projectId", "sessionKey", "host", "eventAt", "ingestedAt", "rawLine", "rawFile")
_PROJECTION = dict.fromkeys((*READ_FIELDS, *_OWN), 1)
# A document without such a time has no place in the order.
_DATED = {"ingestedAt": {"$type": "date"}}
_MOST_SEEN = 10_000
_LATE_CHECK_SECONDS = 4.0
# The documents of one batch become visible one after the other, in any order.
_BATCH_SECONDS = 2.0


class _Seen:
    """What was read: id and time of arrival. How many came after a time is known without a walk."""

    def __init__(self, times: dict[str, datetime] | None = None) -> None:
        self.times = times or {}
        self._order = sorted(self.times.values())
        self._is_sorted = True

    def add(self, arrived: dict[str, datetime]) -> None:
        # It walks its argument, which is the smaller one.
        if not self.times.keys().isdisjoint(arrived):
            arrived = {key: at for key, at in arrived.items() if key not in self.times}
        if not arrived:
            return
        self.times |= arrived
        order = sorted(arrived.values())
        self._is_sorted = self._is_sorted and not (self._order and order[0] < self._order[-1])
        self._order += order

    def after(self, at: datetime) -> int:
        if not self._is_sorted:
            self._order.sort()
            self._is_sorted = True
        return len(self._order) - bisect_right(self._order, at)


class Feed:
    """Reads on from a position; `is_known` spares what the index holds already.

    The documents' times are UTC and name no zone.
    """

    def __init__(
        self,
        collection: Collection[Document],
        start: Position | None,
        is_known: Callable[[str], bool],
    ) -> None:
        self._collection = collection.with_options(WITHOUT_ZONES)
        self._is_known = is_known
        self.position = start
        # What is left of a first pass, and the position at its end.
        self._lying: Iterator[Document] | None = None
        self._newest: Position | None = None
        self._seen = _Seen()
        # Late documents that were found and are not read yet.
        self._missed: list[str] = []
        self._most_seen = _MOST_SEEN
        # By the clock of this process: the last time something arrived, and the last late check.
        self._arrived_at = self._checked_at = time.monotonic()
        self._late_check_at = 0.0

    def read(self, limit: int) -> list[Document]:
        """The next documents; none when all there is has been read."""
        found = self._as_they_lie(limit) if self.position is None else []
        if self.position is not None and not found:
            found = list(self._ahead(limit, self.position))
            if found:
                self.position = _position_of(found[-1])
        if found:
            self._arrived_at = time.monotonic()
            self._remember(found)
        if len(found) < limit:
            late = self._late(limit - len(found))
            self._remember(late)
            found += late
        return [
            archive.whole(self._collection, document) if "rawFile" in document else document
            for document in self._filled(found)
        ]

    def _filled(self, found: list[Document]) -> list[Document]:
        """The documents; of a type that nobody listed all fields are read, which few have."""
        new = [document["_id"] for document in found if is_read_whole(document)]
        if not new:
            return found
        whole = {each["_id"]: each for each in self._collection.find({"_id": {"$in": new}})}
        return [whole.get(document["_id"], document) for document in found]

    @property
    def is_quiet(self) -> bool:
        """Return whether nothing has come for a while."""
        return time.monotonic() - self._arrived_at > _QUIET_AFTER_SECONDS

    def _as_they_lie(self, limit: int) -> list[Document]:
        """The next documents of a first pass; at its end the position is the newest of its start.

        What arrives meanwhile comes after that position, or is late.
        """
        if self._lying is None:
            fields = {"ingestedAt": 1}
            last = [(name, -1) for name, _ in ARRIVALS]
            newest = self._collection.find_one(_DATED, fields, sort=last)
            if newest is None:
                return []
            self._newest = _position_of(newest)
            query = {"ingestedAt": {"$type": "date", "$lte": newest["ingestedAt"]}}
            all_there_is = self._collection.find(query, _PROJECTION, batch_size=limit)
            self._lying = all_there_is.hint([("$natural", 1)])
        found = list(islice(self._lying, limit))
        if len(found) < limit:
            self.position, self._lying = self._newest, None
        return found

    def _ahead(self, limit: int, position: Position) -> Iterable[Document]:
        at = position.ingested_at
        # Two ranges of the index: a batch, which has one time, is not walked to its end.
        same_time = {"ingestedAt": at, "_id": {"$gt": position.id}}
        query = {"$or": [same_time, {"ingestedAt": {"$gt": at}}]}
        found = self._collection.find(query, _PROJECTION, batch_size=limit)
        return found.sort(ARRIVALS).limit(limit)

    def _late(self, limit: int) -> list[Document]:
        """Documents behind the position that were not there when it passed."""
        if self.position is None:
            return []
        # While some are known they are not looked for: after a bulk load that takes seconds.
        if not self._missed:
            self._missed = sorted(self._look_for_late(_without_zone(self.position)))
        some, self._missed = self._missed[:limit], self._missed[limit:]
        if not some:
            return []
        return list(self._collection.find({"_id": {"$in": some}}, _PROJECTION))

    def _look_for_late(self, until: datetime) -> set[str]:
        now = time.monotonic()
        if now >= self._late_check_at:
            return self._check(until)
        if now - self._arrived_at < _BATCH_SECONDS:
            return self._unseen(until - timedelta(seconds=_BATCH_SECONDS))
        return set()

    def _check(self, until: datetime) -> set[str]:
        """Look back as far as a document that was not there at the last check may be."""
        started = time.monotonic()
        quiet = timedelta(seconds=max(0.0, self._checked_at - self._arrived_at))
        unseen = self._unseen(until - OVERLAP + quiet)
        took = time.monotonic() - started
        self._checked_at = started
        # After a bulk load the look back is long: it must not become the work.
        self._late_check_at = time.monotonic() + max(_LATE_CHECK_SECONDS, 20 * took)
        return unseen

    def _unseen(self, since: datetime) -> set[str]:
        """Return the ids of documents from a time to the position that were not read."""
        assert self.position is not None  # noqa: S101  (the caller asks)
        until = _without_zone(self.position)
        since = since.replace(microsecond=since.microsecond // 1000 * 1000)
        known = self._seen.after(since)
        if since > until or archive.arrived(self._collection, since, until) == known:
            return set()
        period = {"ingestedAt": {"$gt": since, "$lte": until}}
        rows = self._collection.find(period, {"_id": 1, "ingestedAt": 1})
        found = {row["_id"]: row["ingestedAt"] for row in rows}
        seen = self._seen.times
        unseen = {key for key in found if key not in seen and not self._is_known(key)}
        # What was deleted is not counted again.
        stays = {key: at for key, at in seen.items() if at <= since or key in found}
        self._seen = _Seen(stays | {key: at for key, at in found.items() if key not in unseen})
        return unseen

    def _remember(self, documents: Iterable[Document]) -> None:
        times = ((document["_id"], document.get("ingestedAt")) for document in documents)
        self._seen.add({key: at for key, at in times if isinstance(at, datetime)})
        reached = self.position or self._newest
        if reached is not None and len(self._seen.times) > self._most_seen:
            since = _without_zone(reached) - OVERLAP
            recent = {key: at for key, at in self._seen.times.items() if at >= since}
            self._seen = _Seen(recent)
            self._most_seen = max(_MOST_SEEN, 2 * len(recent))


def _position_of(document: Document) -> Position:
    return Position(document["ingestedAt"].replace(tzinfo=UTC), document["_id"])


def _without_zone(position: Position) -> datetime:
    return position.ingested_at.astimezone(UTC).replace(tzinfo=None)
