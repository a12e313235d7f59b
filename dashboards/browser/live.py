"""What changed since a page last asked: one watcher of the session rows for all pages."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError

from cca.mongo.archive import Document

log = logging.getLogger(__name__)

_AWAIT_MS = 500
_RETRY_SECONDS = 1.0
_MOST_KEPT = 64
Kept = TypeVar("Kept")
# A server that is no replica set has no change streams.
_NO_STREAMS = frozenset({40573, 40415})


class Pulse:
    """Counts changes of the sessions collection; pages compare counters and query nothing."""

    def __init__(self, sessions: Collection[Document]) -> None:
        self._sessions = sessions
        self._stop = threading.Event()
        self._changed: dict[str, int] = {}
        # While nobody watched, anything may have changed.
        self._all_changed_at = 0
        self._kept: dict[str, tuple[int, Any]] = {}
        # Told from this thread which session changed, or "" where it may be any.
        self.listeners: set[Callable[[str], None]] = set()
        self.number = 0
        self.is_reachable = True

    def start(self) -> None:
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def has_changed(self, session_id: str, since: int) -> bool:
        return max(self._all_changed_at, self._changed.get(session_id, 0)) > since

    def kept(self, key: str, make: Callable[[], Kept]) -> Kept:
        """Returns a cached result of an expensive query; any changed session makes it new."""
        number = self.number
        before = self._kept.get(key)
        if before is not None and before[0] == number and self.is_reachable:
            return cast("Kept", before[1])
        found = make()
        # Before the first look at the rows nothing is known to be unchanged.
        if number:
            if len(self._kept) >= _MOST_KEPT:
                self._kept = {}
            self._kept[key] = (number, found)
        return found

    def _run(self) -> None:
        look = self._watch
        while not self._stop.is_set():
            try:
                look()
            except OperationFailure as error:
                if error.code in _NO_STREAMS:
                    look = self._poll
                else:
                    self._lost(error)
            except PyMongoError as error:
                self._lost(error)

    def _watch(self) -> None:
        steps = [{"$project": {"documentKey": 1, "operationType": 1}}]
        with self._sessions.watch(steps, max_await_time_ms=_AWAIT_MS) as stream:
            self._found()
            while stream.alive and not self._stop.is_set():
                change = stream.try_next()
                if change is not None:
                    key = change.get("documentKey")
                    self._noted(str(key["_id"])) if key else self._noted()

    def _poll(self) -> None:
        seen = None
        self._found()
        while not self._stop.is_set():
            last = self._sessions.find_one({}, {"updatedAt": 1}, sort=[("updatedAt", -1)])
            if last != seen:
                seen = last
                self._noted()
            time.sleep(_RETRY_SECONDS)

    def _found(self) -> None:
        self._noted()
        if not self.is_reachable:
            log.info("MongoDB answers again")
        self.is_reachable = True

    def _noted(self, session_id: str = "") -> None:
        number = self.number + 1
        if session_id:
            self._changed[session_id] = number
        else:
            self._all_changed_at = number
        # Set last: a reader that sees the new number must see the change too.
        self.number = number
        for listener in tuple(self.listeners):
            listener(session_id)

    def _lost(self, error: PyMongoError) -> None:
        if self.is_reachable:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
        self.is_reachable = False
        self._stop.wait(_RETRY_SECONDS)
