"""What changed since a page last asked: one watcher of the session rows for all pages."""

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from pymongo.database import Database
from pymongo.errors import PyMongoError

from cca.mongo import changes
from cca.mongo.archive import Document

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
# While no page is open.
_QUIET_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_MOST_KEPT = 64
Kept = TypeVar("Kept")


class Pulse:
    """Counts changes of the session rows; pages compare counters and query nothing."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
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
        while not self._stop.is_set():
            try:
                self._watch()
            except PyMongoError as error:
                self._lost(error)

    def _watch(self) -> None:
        first = changes.since(self._database, None)
        seen = first.number if first else 0
        self._found()
        while not self._stop.wait(_POLL_SECONDS if self.listeners else _QUIET_SECONDS):
            found = changes.since(self._database, seen)
            if found is None:
                continue
            seen = found.number
            for session in found.sessions or [""]:
                self._noted(session)

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
