"""The buffer to MongoDB: unordered inserts under fixed ids, so that sending again is a no-op."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

from bson import Int64
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from gridfs import DEFAULT_CHUNK_SIZE
from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    OperationFailure,
    WriteError,
)

from cca.mongo import archive
from cca.mongo.archive import ARRIVALS, HOLDERS, PLACES
from cca.settings import Settings
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.document import (
    RAW_LINE_BYTES,
    Document,
    big_document_of,
    document_of,
    masked,
    raw_document_of,
)
from cca.sync_agent.erasure import erased_entries
from cca.sync_agent.identity import is_of_limits
from cca.sync_agent.values import DeadLetter, Entry

# A backlog goes in batches this many times BATCH_SIZE, within the bytes.
BACKLOG_FACTOR = 20
BATCH_BYTES = 8 << 20
# Of a line that goes to GridFS.
_CHUNKS_AT_ONCE = 32
_DUPLICATE_KEY = 11000
_UNAUTHORIZED = 13
# MongoDB's own limit on a document.
_DOCUMENT_BYTES = 16 << 20
_ENCODING_ERRORS = (BSONError, OverflowError, UnicodeEncodeError, RecursionError, DocumentTooLarge)
_INDEXES = (
    PLACES,
    ARRIVALS,
    [("projectId", 1), ("eventAt", -1)],
    [("eventAt", -1)],
    HOLDERS,
)
_LIMITS_INDEXES = (ARRIVALS, [("eventAt", -1)])


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of some entries."""

    stored: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    erased: int = 0

    def __add__(self, other: "Delivery") -> "Delivery":
        return Delivery(
            self.stored + other.stored,
            self.duplicates + other.duplicates,
            self.dead_letters + other.dead_letters,
            self.erased + other.erased,
        )

    @property
    def entries(self) -> int:
        return self.stored + self.duplicates + self.dead_letters + self.erased


@dataclass(frozen=True, slots=True)
class _Refused:
    """An entry that did not go in with its batch, and why."""

    entry: Entry
    reason: str


def ensure_indexes(collection: Collection[Document]) -> None:
    """Make the indexes that are not there yet."""
    collection.create_indexes([IndexModel(keys) for keys in _INDEXES])


def deliver_pending(
    buffer: Buffer, collection: Collection[Document], settings: Settings
) -> Delivery:
    """Send the oldest pending entries, one batch; marked delivered only after the reply.

    What was erased is not sent, and leaves the buffer.
    """
    size = settings.batch_size
    has_backlog = buffer.pending_count() > size
    entries = buffer.pending(size * BACKLOG_FACTOR if has_backlog else size, BATCH_BYTES)
    if not entries:
        return Delivery()
    gone = erased_entries(buffer, collection.database, entries, settings.cca_host)
    kept = [entry for entry in entries if entry.entry_id not in gone]
    delivery, dead = deliver(collection, kept, settings)
    if gone:
        buffer.drop([entry for entry in entries if entry.entry_id in gone])
    if kept:
        buffer.mark_delivered(kept, dead)
    return replace(delivery, erased=len(entries) - len(kept))


def deliver(
    collection: Collection[Document], entries: Sequence[Entry], settings: Settings
) -> tuple[Delivery, list[DeadLetter]]:
    """Send these entries; once it returns, all but the dead ones are on the server's disk."""
    if settings.mask_stored:
        entries = [masked(entry) for entry in entries]
    limits = [entry for entry in entries if is_of_limits(entry.stream)]
    if limits:
        entries = [entry for entry in entries if not is_of_limits(entry.stream)]
    delivery, dead = _deliver(collection, entries, settings.cca_host)
    if not limits:
        return delivery, dead
    more, refused = _deliver_limits(archive.limits_beside(collection), limits, settings.cca_host)
    return delivery + more, [*dead, *refused]


def _deliver_limits(
    collection: Collection[Document], entries: Sequence[Entry], host: str
) -> tuple[Delivery, list[DeadLetter]]:
    """Send what status lines recorded; no conversation waits for rights that are missing here."""
    try:
        for keys in _LIMITS_INDEXES:
            collection.create_index(keys)
        return _deliver(collection, entries, host)
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        reason = f"this user may not write to {collection.name}: `cca users add` renews its role"
        return Delivery(dead_letters=len(entries)), [_dead(entry, reason) for entry in entries]


def _deliver(
    collection: Collection[Document], entries: Sequence[Entry], host: str
) -> tuple[Delivery, list[DeadLetter]]:
    if not entries:
        return Delivery(), []
    # The server's clock, asked anew for each attempt: readers order by it.
    ingested_at = collection.database.client.admin.command("hello")["localTime"]
    stored, duplicates, refused = _insert(collection, entries, host, ingested_at)
    dead: list[DeadLetter] = []
    for each in refused:
        outcome = _insert_raw(collection, each, host, ingested_at)
        if isinstance(outcome, DeadLetter):
            dead.append(outcome)
        else:
            stored += outcome
            duplicates += not outcome
    return Delivery(stored, duplicates, len(dead)), dead


def _insert(
    collection: Collection[Document], entries: Sequence[Entry], host: str, ingested_at: datetime
) -> tuple[int, int, list[_Refused]]:
    """(stored, already there, refused) of one batch."""
    good: list[Entry] = []
    documents: list[RawBSONDocument] = []
    refused: list[_Refused] = []
    for entry in entries:
        document = _encoded(entry, host, ingested_at)
        if isinstance(document, _Refused):
            refused.append(document)
            continue
        if len(entry.line) > RAW_LINE_BYTES:
            _store_line(collection, entry)
        good.append(entry)
        documents.append(document)
    if not good:
        return 0, 0, refused
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        stored, duplicates, more = _sort_errors(error, good)
        return stored, duplicates, refused + more
    return len(good), 0, refused


def _encoded(entry: Entry, host: str, ingested_at: datetime) -> RawBSONDocument | _Refused:
    """The document, unless MongoDB would refuse the whole batch for it."""
    try:
        document = document_of(entry, host, ingested_at)
    except _ENCODING_ERRORS as error:
        return _Refused(entry, str(error)[:200])
    size = len(document.raw)
    return _Refused(entry, f"{size} bytes") if size > _DOCUMENT_BYTES else document


def _sort_errors(
    error: BulkWriteError, entries: Sequence[Entry]
) -> tuple[int, int, list[_Refused]]:
    details = error.details
    if details.get("writeConcernErrors"):
        raise error
    errors = details["writeErrors"]
    duplicates = sum(each["code"] == _DUPLICATE_KEY for each in errors)
    refused = [
        _Refused(entries[each["index"]], str(each["errmsg"])[:200])
        for each in errors
        if each["code"] != _DUPLICATE_KEY
    ]
    return details["nInserted"], duplicates, refused


def _insert_raw(
    collection: Collection[Document], refused: _Refused, host: str, ingested_at: datetime
) -> bool | DeadLetter:
    """Store the line itself; True when new, a dead letter when the server refuses even that."""
    entry = refused.entry
    try:
        if len(entry.line) > RAW_LINE_BYTES:
            _store_line(collection, entry)
            document = big_document_of(entry, host, ingested_at)
        else:
            document = raw_document_of(entry, host, ingested_at)
        collection.insert_one(document)
    except WriteError as error:
        if error.code == _DUPLICATE_KEY:
            return False
        reason = f"MongoDB refuses it: {error}"
    except _ENCODING_ERRORS as error:
        reason = f"no BSON: {error}"
    else:
        return True
    return _dead(entry, reason)


def _dead(entry: Entry, reason: str) -> DeadLetter:
    digest = blake2b(entry.line, digest_size=16).digest()
    return DeadLetter(entry.source_file, entry, reason[:500], len(entry.line), digest)


def _store_line(collection: Collection[Document], entry: Entry) -> None:
    """Put the line into GridFS under the entry's id.

    Chunk n of an id always holds the same bytes, so what a broken attempt left is no error, and an
    agent needs no right to delete.
    """
    files, chunks = collection.database["fs.files"], collection.database["fs.chunks"]
    if files.find_one({"_id": entry.entry_id}, {"_id": 1}):
        return
    chunks.create_index([("files_id", 1), ("n", 1)], unique=True)
    for start in range(0, len(entry.line), _CHUNKS_AT_ONCE * DEFAULT_CHUNK_SIZE):
        _insert_absent(chunks, _chunks(entry, start))
    file: Document = {
        "_id": entry.entry_id,
        "filename": f"{entry.source_file}:{entry.source_offset}",
        "length": Int64(len(entry.line)),
        "chunkSize": DEFAULT_CHUNK_SIZE,
        "uploadDate": datetime.now(UTC),
    }
    _insert_absent(files, [file])


def _chunks(entry: Entry, start: int) -> list[Document]:
    """The next chunks of the line, from a byte on."""
    first, size = start // DEFAULT_CHUNK_SIZE, DEFAULT_CHUNK_SIZE
    pieces = (entry.line[n * size : (n + 1) * size] for n in range(first, first + _CHUNKS_AT_ONCE))
    return [
        {"files_id": entry.entry_id, "n": n, "data": piece}
        for n, piece in enumerate(pieces, first)
        if piece
    ]


def _insert_absent(collection: Collection[Document], documents: list[Document]) -> None:
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != _DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise
        if error.details.get("writeConcernErrors"):
            raise
