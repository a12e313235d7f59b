"""The follower: reads what is new in MongoDB and keeps search index and lists right."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from cca.follow import erase
from cca.follow.feed import Feed
from cca.follow.lists import Lists
from cca.follow.lock import follower_lock
from cca.follow.rebuild import answer_requests, new_index, source_of
from cca.follow.request import is_asked, is_watched
from cca.memory import PASS_ALLOCATIONS, few_collections, give_back
from cca.mongo import archive, erasures
from cca.mongo.archive import Document
from cca.search import home as homes
from cca.search.index import Writer
from cca.settings import Settings

log = logging.getLogger(__name__)

# Documents of one read; fewer than this many came means the end is near.
_READ_DOCUMENTS = 1000
_LIVE_DOCUMENTS = 500
# While catching up, memory of the keys not yet committed bounds a commit, and patience too. That
# grows with the time that catching up took so far: tantivy merges segments by eights, which costs
# two fifths of what writing them does.
_COMMIT_BLOCKS = 50_000
_COMMIT_SECONDS, _LONGEST_COMMIT_SECONDS = 5.0, 60.0
# A backlog makes the same rows due over and over.
_BACKLOG_FLUSH_SECONDS = 30.0
_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 10.0
_FAULT_OVER_SECONDS = 60.0
# How often to ask for what is new; seldom while nothing comes and nobody looks.
_POLL_SECONDS, _QUIET_POLL_SECONDS = 0.1, 0.5
# Between two looks for erasure requests, and between two signs of life to whoever writes one.
_LOOK_SECONDS = 2.0
_ALIVE_SECONDS = 30.0


@dataclass(frozen=True)
class CaughtUp:
    documents: int
    blocks: int
    sessions: int
    seconds: float


def run(settings: Settings, uri: str) -> None:
    """Follow until SIGTERM or SIGINT; while MongoDB is away, wait for it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow(settings, uri, stop)


def follow(settings: Settings, uri: str, stop: threading.Event) -> None:
    """Follow until `stop` is set."""
    pause = _RETRY_SECONDS
    with follower_lock(settings.search_dir):
        while not stop.is_set():
            started = time.monotonic()
            try:
                with archive.connect(uri) as client:
                    _follow(settings, archive.conversations(client, settings), stop)
            except PyMongoError as error:
                is_new_fault = time.monotonic() - started > _FAULT_OVER_SECONDS
                pause = _RETRY_SECONDS if is_new_fault else min(pause * 2, _LONGEST_RETRY_SECONDS)
                log.warning("MongoDB is away (%s); again in %.1f s", type(error).__name__, pause)
                stop.wait(pause)


def catch_up(settings: Settings, uri: str) -> CaughtUp:
    """Bring index and lists to where MongoDB is, and return."""
    with follower_lock(settings.search_dir), archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        if source_of(collection) is None:
            return CaughtUp(0, 0, 0, 0.0)
        erase.obey(settings, collection, threading.Event())
        with _following(settings, collection) as parts:
            erasures.register(collection.database, "search", settings.cca_host, settings.search_dir)
            erase.note_obeyed(settings, collection.database)
            return parts.catch_up(threading.Event())


@dataclass
class _Parts:
    """What a follower holds while MongoDB answers."""

    writer: Writer
    feed: Feed
    lists: Lists
    committed_at: float = 0.0
    # When the last read was that came to the end.
    at_end_at: float = field(default_factory=time.monotonic)
    # The first rows would be counted again a moment later.
    flushed_at: float = field(default_factory=time.monotonic)
    is_settled: bool = True
    rows_made: int = 0

    def step(self) -> tuple[int, int]:
        """Take in what there is, one read of it; documents and blocks."""
        documents = self.feed.read(_READ_DOCUMENTS)
        is_live = self.is_settled and len(documents) < _LIVE_DOCUMENTS
        blocks = self.writer.add(documents, live=is_live)
        self.lists.touch(documents)
        if documents:
            self.is_settled = self.is_settled and is_live
            log.debug("%d documents, %d blocks", len(documents), blocks)
        now = time.monotonic()
        is_full = self.writer.uncommitted_blocks >= _COMMIT_BLOCKS
        if len(documents) < _LIVE_DOCUMENTS:
            self.at_end_at = now
        if documents and (is_live or is_full or now - self.committed_at > self._patience):
            self._commit()
        if not documents and not self.is_settled:
            self._commit()
            self.writer.settle()
            self.is_settled = True
            give_back()
        if len(documents) < _LIVE_DOCUMENTS or now - self.flushed_at > _BACKLOG_FLUSH_SECONDS:
            self.rows_made += self.lists.flush(self.feed.position)
            self.flushed_at = now
        return len(documents), blocks

    @property
    def _patience(self) -> float:
        """How many seconds what was read may wait for a commit."""
        took = self.committed_at - self.at_end_at
        return min(max(_COMMIT_SECONDS, took), _LONGEST_COMMIT_SECONDS)

    def catch_up(self, stop: threading.Event) -> CaughtUp:
        started, documents, blocks = time.monotonic(), 0, 0
        with few_collections(PASS_ALLOCATIONS):
            while not stop.is_set():
                read, added = self.step()
                documents, blocks = documents + read, blocks + added
                if not read:
                    break
            self.rows_made += self.lists.flush(self.feed.position, is_all=True)
        done = CaughtUp(documents, blocks, self.rows_made, time.monotonic() - started)
        log.info(
            "caught up: %d documents, %d blocks, %d sessions in %.1f s",
            done.documents, done.blocks, done.sessions, done.seconds,
        )  # fmt: skip
        return done

    def _commit(self) -> None:
        self.writer.commit(self.feed.position)
        self.committed_at = time.monotonic()


def _follow(settings: Settings, collection: Collection[Document], stop: threading.Event) -> None:
    if homes.is_there(settings.search_dir):
        place = (settings.cca_host, settings.search_dir)
        erasures.register(collection.database, "search", *place, is_running=True)
    answer_requests(settings, collection, stop)
    erase.obey(settings, collection, stop)
    if stop.is_set():
        return
    source = source_of(collection)
    if source is None:
        # The sync agent makes the collection with the first entry.
        stop.wait(_RETRY_SECONDS)
        return
    with (
        _following(settings, collection) as parts,
        _Registered(settings, collection, stop) as store,
    ):
        parts.catch_up(stop)
        while not (stop.wait(_pause_seconds(parts, settings)) or is_asked(settings.search_dir)):
            parts.step()
            if store.must_begin_again(source):
                break


def _pause_seconds(parts: _Parts, settings: Settings) -> float:
    """How long to wait before the next read, when the last one found nothing."""
    is_quiet = parts.feed.is_quiet and not is_watched(settings.search_dir)
    return _QUIET_POLL_SECONDS if is_quiet else _POLL_SECONDS


class _Registered:
    """Tells whoever erases that this index is kept, and looks for what it must erase."""

    def __init__(
        self, settings: Settings, collection: Collection[Document], stop: threading.Event
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._collection, self._database = collection, collection.database
        self._next_look = self._next_sign = 0.0

    def __enter__(self) -> Self:
        self._sign(is_running=True)
        erase.note_obeyed(self._settings, self._database)
        return self

    def __exit__(self, *_: object) -> None:
        # Left to obey a request, it runs on.
        if self._stop.is_set():
            with suppress(PyMongoError):
                self._sign(is_running=False)

    def must_begin_again(self, source: str) -> bool:
        """Return whether a request waits for this index, or the archive is another one by now."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK_SECONDS
        if now >= self._next_sign:
            self._sign(is_running=True)
        return source_of(self._collection) != source or bool(
            erase.pending(self._settings, self._database)
        )

    def _sign(self, *, is_running: bool) -> None:
        self._next_sign = time.monotonic() + _ALIVE_SECONDS
        place = (self._settings.cca_host, self._settings.search_dir)
        erasures.register(self._database, "search", *place, is_running=is_running)


@contextmanager
def _following(settings: Settings, collection: Collection[Document]) -> Iterator[_Parts]:
    source = source_of(collection) or ""
    home = homes.current(settings.search_dir)
    if home is None or not home.is_of(source):
        home = new_index(settings, collection)
    with Writer(home) as writer:
        feed = Feed(collection, home.position(), writer.holds)
        # In use as soon as it can be opened: some results are better than none while it is built.
        homes.put_in_use(settings.search_dir, home)
        lists = Lists(collection, source)
        lists.catch_up(all_come=feed.position is None)
        yield _Parts(writer, feed, lists)
