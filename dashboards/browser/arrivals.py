"""Which sessions got entries, seen in the archive itself before the follower has read them."""

import time
from datetime import datetime, timedelta

from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from cca.mongo.archive import ARRIVALS, Document

# The entries of a batch have one time and become visible in any order; clocks differ a little.
_LOOK_BACK = timedelta(seconds=1)
_BATCH_SECONDS = 2.0
# More come only while somebody loads old transcripts: the rows that change tell the pages then.
_MOST = 500
_NO_SUCH_INDEX = 2


class Arrivals:
    """Looks at the index of arrivals; what it misses, the changed row of the session tells."""

    def __init__(self, entries: Collection[Document]) -> None:
        self._entries = entries
        self._newest: datetime | None = None
        self._seen: dict[str, datetime] = {}
        self._came_at = 0.0

    def sessions(self) -> set[str]:
        """Return the sessions that got entries since the look before; none at the first one."""
        if self._newest is None:
            last = self._look({"$type": "date"}, 1)
            self._newest = max(last.values(), default=None)
            self._seen = self._look({"$gt": self._newest - _LOOK_BACK}) if self._newest else {}
            return set()
        is_settled = time.monotonic() - self._came_at > _BATCH_SECONDS
        found = self._look({"$gt": self._newest if is_settled else self._newest - _LOOK_BACK})
        new = found.keys() - self._seen.keys()
        if not new:
            return set()
        self._came_at = time.monotonic()
        self._newest = max(self._newest, *found.values())
        since = self._newest - _LOOK_BACK
        self._seen = {key: at for key, at in (self._seen | found).items() if at > since}
        return self._of(list(new)) if len(new) < _MOST else set()

    def _look(self, when: Document, most: int = _MOST) -> dict[str, datetime]:
        """Return ids and times of the last that arrived; the index alone answers this."""
        newest_first = [(name, -1) for name, _ in ARRIVALS]
        found = self._entries.find({"ingestedAt": when}, {"ingestedAt": 1}, limit=most)
        try:
            rows = list(found.sort(newest_first).hint(ARRIVALS))
        except OperationFailure as error:
            # A first pass makes the index at its end; until then each look would read everything.
            if error.code != _NO_SUCH_INDEX:
                raise
            return {}
        return {one["_id"]: one["ingestedAt"] for one in rows}

    def _of(self, ids: list[str]) -> set[str]:
        rows = self._entries.find({"_id": {"$in": ids}}, {"_id": 0, "sessionKey": 1})
        return {str(row.get("sessionKey")) for row in rows}
