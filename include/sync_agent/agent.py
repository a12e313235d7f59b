"""Ties the parts together: once over everything, or for ever."""

import logging
import math
import random
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from cca.memory import few_collections, give_back
from cca.mongo import archive
from cca.settings import Settings
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.deliver import Delivery, deliver_pending, ensure_indexes
from cca.sync_agent.erasure import obey
from cca.sync_agent.health import State, health_server
from cca.sync_agent.intake import Intake
from cca.sync_agent.lock import agent_lock
from cca.sync_agent.notices import tell_missing, tell_status_line
from cca.sync_agent.once import Progress, SyncReport, sync_once
from cca.sync_agent.same_archive import lacks_delivered
from cca.sync_agent.scan import FoundFile, look_at
from cca.sync_agent.signals import ended_by_signals
from cca.sync_agent.watch import FileEvents, must_poll

__all__ = ["Progress", "SyncReport", "run", "sync_once"]

log = logging.getLogger(__name__)

# A last line without its newline is taken after this time without growth.
TAIL_SECONDS = 2.0
# No scan is further away than this, however long a scan takes.
SCAN_SECONDS = 30.0
# Scans may take this share of the time; small trees are scanned every SYNC_INTERVAL_MS.
_SCAN_SHARE = 0.01
# Where there are no notifications, scans come so often, and may cost more.
_POLL_SECONDS = 1.0
_POLL_SHARE = 0.05
# Between two tries to write to a full disk.
_FULL_SECONDS = 1.0
# Between two looks at what the buffer need not keep.
_TIDY_SECONDS = 600
# Between two words to the status line, where one is in use.
_WORD_SECONDS = 60
# Whole prefixes are proved once a day, this much of them after a scan.
_SWEEP_SECONDS = 86_400
_SWEEP_BYTES = 8 << 20
# Above this the files themselves are the better buffer: reading waits for delivery.
BUFFER_BYTES = 1 << 30
_FIRST_BACKOFF_SECONDS = 0.5
_LAST_BACKOFF_SECONDS = 30.0
_GRACE_SECONDS = 5.0
_SHORTEST_WAIT_SECONDS = 0.05
# How late the end of a run may be noticed.
_LONGEST_WAIT_SECONDS = 0.5

# Size of a file whose last line is open, and since when it has that size.
Tails = dict[Path, tuple[int, float]]


@dataclass(slots=True)
class _Run:
    """What the threads of a running agent share."""

    settings: Settings
    buffer: Buffer
    hints: FileEvents
    stopping: threading.Event
    state: State = field(default_factory=State)
    arrived: threading.Event = field(default_factory=threading.Event)
    starts_over: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None


def run(settings: Settings, uri: str, stopping: threading.Event | None = None) -> None:
    """Follow the files until SIGTERM, SIGINT or `stopping`; MongoDB may come and go."""
    with (
        few_collections(),
        agent_lock(settings.buffer_path),
        Buffer(settings.buffer_path) as buffer,
        FileEvents(is_polling=must_poll(settings.watch_mode, settings.claude_dirs)) as hints,
    ):
        shared = _Run(settings, buffer, hints, stopping or threading.Event())
        host, port = settings.health_host, settings.health_port
        with (
            ended_by_signals(shared.stopping),
            health_server(host, port, buffer, shared.state) as bound,
        ):
            log.info("sync agent up: health on http://%s:%d/health", host, bound)
            deliverer = threading.Thread(target=_deliver_forever, args=(shared, uri), daemon=True)
            deliverer.start()
            try:
                _follow_files(shared)
            finally:
                shared.stopping.set()
                shared.arrived.set()
                deliverer.join(timeout=_GRACE_SECONDS + 1)
        if shared.failure:
            raise shared.failure
        log.info("sync agent down: %d entries wait for delivery", buffer.pending_count())


def _follow_files(shared: _Run) -> None:
    """Read what hints and scans find until the end."""
    settings, hints = shared.settings, shared.hints
    intake = Intake(shared.buffer, settings.cca_host)
    tails: Tails = {}
    scans = _Scans()
    revisit: set[Path] = set()
    while not shared.stopping.is_set():
        try:
            if shared.starts_over.is_set():
                shared.buffer.forget_positions()
                shared.starts_over.clear()
                intake, tails, scans = Intake(shared.buffer, settings.cca_host), {}, _Scans()
            if time.monotonic() >= scans.next_at:
                files = scans.scan(shared, intake)
            else:
                files = intake.transcripts(_look(revisit, scans.roots))
            _take(shared, intake, [file for file in files if intake.has_changed(file)])
            _take(shared, intake, _settled(intake, files, tails), with_tail=True)
        except sqlite3.OperationalError as error:
            _note_unwritable(shared, error)
            scans.next_at = 0
            continue
        unfinished = {file.path for file in files if intake.has_turn_left(file)}
        due = min([scans.next_at, *(since + TAIL_SECONDS for _, since in tails.values())])
        wait = 0 if unfinished else max(due - time.monotonic(), _SHORTEST_WAIT_SECONDS)
        wait = min(wait, _LONGEST_WAIT_SECONDS)
        undated = {file.path for file in files if intake.waits_for_a_time(file)}
        revisit = hints.wait(wait) | unfinished | undated | set(tails)


def _note_unwritable(shared: _Run, error: sqlite3.OperationalError) -> None:
    """Say once that the buffer takes nothing, and wait: the files keep what is not read."""
    if shared.state.is_buffer_writable:
        log.error(
            "the buffer %s cannot be written (%s): free space there, or set SQLITE_PATH; until"
            " then nothing is read, and nothing is lost",
            *(shared.settings.buffer_path, error),
        )
    shared.state.is_buffer_writable = False
    shared.stopping.wait(_FULL_SECONDS)


@dataclass(slots=True)
class _Scans:
    """When to look at everything, and the slow work that goes with it."""

    next_at: float = 0.0
    next_sweep_at: float = 0.0
    next_tidy_at: float = 0.0
    next_word_at: float = 0.0
    missing: set[Path] = field(default_factory=set)
    roots: Sequence[Path] = ()
    told: set[str] = field(default_factory=set)

    def scan(self, shared: _Run, intake: Intake) -> list[FoundFile]:
        settings, state = shared.settings, shared.state
        started = time.monotonic()
        self.roots = settings.sync_dirs
        self.missing = tell_missing(settings.claude_dirs, self.missing)
        for sentence in settings.claude_dir_remarks:
            if sentence not in self.told:
                log.warning(sentence)
                self.told.add(sentence)
        shared.hints.follow(self.roots)
        files = intake.scan(self.roots)
        state.scans += 1
        state.last_scan_seconds = time.monotonic() - started
        interval = settings.sync_interval_ms / 1000
        if shared.hints.is_polling:
            pause = max(min(interval, _POLL_SECONDS), state.last_scan_seconds / _POLL_SHARE)
        else:
            pause = max(interval, state.last_scan_seconds / _SCAN_SHARE)
        self.next_at = started + min(pause, SCAN_SECONDS)
        if started >= self.next_sweep_at and not intake.sweep(_SWEEP_BYTES):
            self.next_sweep_at = started + _SWEEP_SECONDS
        if started >= self.next_word_at:
            self.next_word_at = started + _WORD_SECONDS
            tell_status_line(settings.cca_home, shared.buffer)
        if started >= self.next_tidy_at:
            self.next_tidy_at = started + _TIDY_SECONDS
            shared.buffer.tidy()
            give_back()
        return files


def _look(paths: set[Path], roots: Sequence[Path]) -> list[FoundFile]:
    found = (look_at(path, root) for path in paths for root in roots if path.is_relative_to(root))
    return sorted((file for file in found if file), key=lambda file: file.mtime_ns)


def _settled(intake: Intake, files: Sequence[FoundFile], tails: Tails) -> list[FoundFile]:
    """Files whose last line lacks its newline and stopped growing; each is given once."""
    now = time.monotonic()
    settled: list[FoundFile] = []
    for file in files:
        if not intake.has_open_tail(file):
            tails.pop(file.path, None)
            continue
        size, since = tails.get(file.path, (-1, now))
        if size != file.size:
            tails[file.path] = (file.size, now)
        elif now - since >= TAIL_SECONDS:
            settled.append(file)
            # What is no whole record now can only become one by growing.
            tails[file.path] = (file.size, math.inf)
    return settled


def _take(
    shared: _Run, intake: Intake, files: Sequence[FoundFile], *, with_tail: bool = False
) -> None:
    """Read the files into the buffer, waiting while it is full; the end may come in between."""
    for taken in intake.take(files, with_tail=with_tail):
        if not shared.state.is_buffer_writable:
            log.info("the buffer can be written again")
            shared.state.is_buffer_writable = True
        if taken.records:
            log.debug("took %d records of %d bytes", taken.records, taken.bytes)
            shared.arrived.set()
        while shared.buffer.used_bytes() > BUFFER_BYTES and shared.buffer.pending_count():
            if shared.stopping.wait(_SHORTEST_WAIT_SECONDS):
                return
        if shared.stopping.is_set():
            return


def _deliver_forever(shared: _Run, uri: str) -> None:
    """Deliver until the end, then once more within the grace period."""
    try:
        with archive.connect(uri) as client:
            _deliver_until_stopped(shared, client)
            deadline = time.monotonic() + _GRACE_SECONDS
            collection = archive.conversations(client, shared.settings)
            with suppress(PyMongoError, sqlite3.OperationalError):
                while (
                    time.monotonic() < deadline
                    and deliver_pending(shared.buffer, collection, shared.settings).entries
                ):
                    pass
    except BaseException as error:  # noqa: BLE001  (a thread's error must end the whole agent)
        shared.failure = error
        shared.stopping.set()


def _deliver_until_stopped(shared: _Run, client: MongoClient[archive.Document]) -> None:
    """Deliver as entries arrive; when MongoDB is away, wait longer and longer between tries."""
    collection = archive.conversations(client, shared.settings)
    backoff = _FIRST_BACKOFF_SECONDS
    total = Delivery()
    while True:
        # Cleared before the look at `stopping`: the end sets them in the other order.
        shared.arrived.clear()
        if shared.stopping.is_set():
            return
        try:
            if not shared.state.is_mongo_connected:
                ensure_indexes(collection)
                if lacks_delivered(shared.buffer, collection, shared.settings):
                    shared.starts_over.set()
            delivered = deliver_pending(shared.buffer, collection, shared.settings)
            if not delivered.entries:
                # also the sign that MongoDB is there
                obey(shared.buffer, collection.database, shared.settings.cca_host)
        except PyMongoError as error:
            _note_away(shared.state, error)
            shared.stopping.wait(backoff * random.uniform(0.5, 1))  # noqa: S311  (jitter)
            backoff = min(backoff * 2, _LAST_BACKOFF_SECONDS)
            continue
        except sqlite3.OperationalError as error:
            # Delivered, but not noted: sending again is a no-op.
            _note_unwritable(shared, error)
            continue
        shared.state.is_mongo_connected = True
        backoff = _FIRST_BACKOFF_SECONDS
        total += delivered
        if delivered.entries:
            continue
        if total.entries:
            log.info("delivered %d entries, %d new", total.entries, total.stored)
            total = Delivery()
        shared.arrived.wait(shared.settings.sync_interval_ms / 1000)


def _note_away(state: State, error: PyMongoError) -> None:
    """Say once that MongoDB is away, and count the tries."""
    if state.is_mongo_connected or not state.retries:
        log.warning("MongoDB is away, entries wait in the buffer: %s", str(error)[:200])
    state.is_mongo_connected = False
    state.retries += 1
