"""What changed since a page last asked: one watcher of rows and entries for all pages."""

import logging
import threading
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, cast

from pymongo import timeout
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from cca.dashboards.browser.arrivals import Arrivals
from cca.mongo import changes
from cca.mongo.archive import Document

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
# While nobody looks at a page.
_QUIET_SECONDS = 1.0
_RETRY_SECONDS = 1.0
# A server that is alive and busy answers one look by an index within this.
_ANSWER_SECONDS = 2.5
_MOST_KEPT = 64
Kept = TypeVar("Kept")


class Watcher(Protocol):
    """An open page; the pulse's thread calls it."""

    @property
    def is_looked_at(self) -> bool:
        """Tells whether somebody has the page in view."""

    @property
    def reading(self) -> str:
        """The session that is open in it, or ""."""

    def nudge(self, session: str) -> None:
        """The row of this session changed; where that is "", it may be any."""

    def wake(self) -> None:
        """There is something to ask for."""

    def grew(self) -> None:
        """Entries of the open session have come."""


class Pulse:
    """Counts changes of the session rows; pages compare counters and query nothing.

    `on_look` is called before each look at MongoDB while somebody looks at a page.
    """

    def __init__(
        self, entries: Collection[Document], on_look: Callable[[], None] = lambda: None
    ) -> None:
        self._entries, self._database = entries, entries.database
        self._on_look = on_look
        self._stop = threading.Event()
        self._changed: dict[str, int] = {}
        # While nobody watched, anything may have changed.
        self._all_changed_at = 0
        self._kept: dict[Hashable, tuple[int, Any]] = {}
        self.pages: set[Watcher] = set()
        self.number = 0
        self.is_reachable = True

    def start(self) -> None:
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def has_changed(self, session_id: str, since: int) -> bool:
        return max(self._all_changed_at, self._changed.get(session_id, 0)) > since

    def kept(
        self,
        key: Hashable,
        make: Callable[[], Kept],
        session: str = "",
        is_worth_it: Callable[[Kept], bool] = lambda _: True,
    ) -> Kept:
        """Returns a kept result of an expensive query; a change makes it new.

        Changes are those of all sessions, or of the one that is named.
        """
        number = self.number
        before = self._kept.get(key)
        if before is not None and self.is_reachable:
            since, kept = before
            is_old = self.has_changed(session, since) if session else since != number
            if not is_old:
                return cast("Kept", kept)
        found = make()
        if not is_worth_it(found):
            return found
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
        with timeout(_ANSWER_SECONDS):
            first = changes.since(self._database, None)
        seen = first.number if first else 0
        self._found()
        arrivals = Arrivals(self._entries)
        while not self._stop.wait(_POLL_SECONDS if self._is_looked_at() else _QUIET_SECONDS):
            with timeout(_ANSWER_SECONDS):
                seen = self._look_at_rows(seen)
                arrivals = self._look_at_entries(arrivals)

    def _is_looked_at(self) -> bool:
        is_looked_at = any(page.is_looked_at for page in tuple(self.pages))
        if is_looked_at:
            self._on_look()
        return is_looked_at

    def _look_at_rows(self, seen: int) -> int:
        found = changes.since(self._database, seen)
        if found is None:
            return seen
        for session in found.sessions or [""]:
            self._noted(session)
        return found.number

    def _look_at_entries(self, arrivals: Arrivals) -> Arrivals:
        """Tell who reads a session of its new entries before the follower has counted them."""
        readers = [page for page in tuple(self.pages) if page.reading and page.is_looked_at]
        if not readers:
            return Arrivals(self._entries)
        sessions = arrivals.sessions()
        for session in sessions:
            # What was kept of it is old, though its row is not counted yet.
            self._changed[session] = self.number + 1
        for page in readers:
            if page.reading in sessions:
                page.grew()
        return arrivals

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
        for page in tuple(self.pages):
            page.nudge(session_id)
            page.wake()

    def _lost(self, error: PyMongoError) -> None:
        if self.is_reachable:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            self.is_reachable = False
            for page in tuple(self.pages):
                page.wake()
        self._stop.wait(_RETRY_SECONDS)
