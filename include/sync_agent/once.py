"""One pass over everything: read all there is and deliver it at the same time."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError

from cca.errors import ServiceDown, SettingError
from cca.memory import PASS_ALLOCATIONS, few_collections
from cca.mongo import archive
from cca.settings import Settings
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.deliver import Delivery, deliver, deliver_pending, ensure_indexes
from cca.sync_agent.erasure import obey, without_erased
from cca.sync_agent.intake import Group, Intake, Taken
from cca.sync_agent.lock import agent_lock
from cca.sync_agent.same_archive import lacks_delivered
from cca.sync_agent.scan import FoundFile
from cca.sync_agent.values import DeadLetter

log = logging.getLogger(__name__)

# What is sent and committed at a time.
_GROUP_BYTES = 4 << 20
_UNAUTHORIZED = 13


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one pass over everything did."""

    files: int
    records: int
    stored: int
    duplicates: int
    dead_letters: int
    pending: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass over everything has come."""

    files: int
    files_total: int
    bytes: int
    bytes_total: int
    records: int
    delivered: int


def sync_once(
    settings: Settings, uri: str, on_progress: Callable[[Progress], None] | None = None
) -> SyncReport:
    """Read everything there is and deliver it."""
    roots = settings.claude_dirs
    for sentence in settings.claude_dir_remarks:
        log.warning(sentence)
    if not any(root.is_dir() for root in roots):
        message = f"CLAUDE_DIR: no such folder: {', '.join(map(str, roots))}; set it to the folder "
        raise SettingError(message + "that holds your project folders (~/.claude/projects)")
    with (
        few_collections(PASS_ALLOCATIONS),
        agent_lock(settings.buffer_path),
        Buffer(settings.buffer_path) as buffer,
        archive.connect(uri) as client,
    ):
        archive.require(client, uri)
        try:
            return _sync_all(settings, buffer, client, on_progress)
        except PyMongoError as error:
            raise ServiceDown(_undelivered(settings, error)) from error
        except sqlite3.OperationalError as error:
            message = (
                f"the buffer {settings.buffer_path} cannot be written ({error}); free space there, "
                "or set SQLITE_PATH. Nothing is lost: the next run goes on from here"
            )
            raise SettingError(message) from error


def _undelivered(settings: Settings, error: PyMongoError) -> str:
    safe = f"what was read is safe in {settings.buffer_path} and goes with the next run"
    if isinstance(error, OperationFailure) and error.code == _UNAUTHORIZED:
        place = f"{settings.mongo_db}.{settings.mongo_collection}"
        return f"the user of MONGO_URI may not write to {place}: see `cca users`; {safe}"
    return f"MongoDB went away ({error}); {safe}"


def _pass_on(
    intake: Intake,
    files: Sequence[FoundFile],
    buffer: Buffer,
    collection: Collection[archive.Document],
    settings: Settings,
) -> Iterator[Taken | Delivery]:
    """Read and send at the same time, past the buffer: gigabytes need not lie on the disk twice.

    A position is committed only after MongoDB's reply; what is sent again has the same `_id`.
    Where MongoDB goes away, what was read goes to the buffer.
    """
    with ThreadPoolExecutor(max_workers=1) as sender:
        sending: tuple[Group, Future[tuple[Delivery, list[DeadLetter]]]] | None = None
        for group in chain(intake.read(files, with_tail=True, max_bytes=_GROUP_BYTES), [None]):
            if sending:
                sent, reply = sending
                try:
                    delivery, refused = reply.result()
                except PyMongoError:
                    intake.commit(sent)
                    raise
                yield intake.commit(sent, refused)
                yield delivery
            if group:
                group = without_erased(buffer, collection.database, group, settings.cca_host)  # noqa: PLW2901  (nothing else may go on with it)
                sending = group, sender.submit(deliver, collection, group.entries, settings)


@dataclass(slots=True)
class _Tally:
    """Counts of the pass so far, told to whoever watches."""

    files_total: int
    bytes_total: int
    on_progress: Callable[[Progress], None] | None
    taken: Taken = field(default_factory=Taken)
    delivery: Delivery = field(default_factory=Delivery)

    def add(self, more: Taken | Delivery) -> None:
        if isinstance(more, Taken):
            self.taken += more
        else:
            self.delivery += more
        if self.on_progress:
            # A file read in several turns counts once.
            files = min(self.taken.files, self.files_total)
            read, records = self.taken.bytes, self.taken.records
            delivered = self.delivery.entries
            self.on_progress(
                Progress(files, self.files_total, read, self.bytes_total, records, delivered)
            )


def _sync_all(
    settings: Settings,
    buffer: Buffer,
    client: MongoClient[archive.Document],
    on_progress: Callable[[Progress], None] | None,
) -> SyncReport:
    collection = archive.conversations(client, settings)
    if lacks_delivered(buffer, collection, settings):
        buffer.forget_positions()
    # A masked entry is another, so its body is made later.
    intake = Intake(buffer, settings.cca_host, with_bodies=not settings.mask_stored)
    # Made at once over many documents, an index costs a third of one that grows with them, and a
    # first pass brings the most. When it is cut short, the next pass makes them.
    is_first = intake.knows_nothing
    if not is_first:
        ensure_indexes(collection)
    files = intake.scan(settings.sync_dirs)
    changed = [file for file in files if intake.has_changed(file) or intake.has_open_tail(file)]
    tally = _Tally(len(changed), sum(map(intake.bytes_left, changed)), on_progress)

    def deliver_all() -> None:
        while (delivered := deliver_pending(buffer, collection, settings)).entries:
            tally.add(delivered)

    deliver_all()
    while changed:
        for done in _pass_on(intake, changed, buffer, collection, settings):
            tally.add(done)
        changed = [file for file in changed if intake.has_turn_left(file)]
    deliver_all()
    if is_first:
        ensure_indexes(collection)
    obey(buffer, collection.database, settings.cca_host)
    buffer.tidy()
    delivery = tally.delivery
    return SyncReport(
        files=len(files),
        records=tally.taken.records,
        stored=delivery.stored,
        duplicates=delivery.duplicates,
        dead_letters=tally.taken.dead_letters + delivery.dead_letters,
        pending=buffer.pending_count(),
    )
