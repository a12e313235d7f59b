"""What was erased on request never comes back, though its files may still stand here.

`cca.mongo.erasures` holds the requests. One covers what had happened by then; later entries are
new, and stored. A machine's clock may be behind: what it wrote after its agent first saw a request
is new, whatever the request's own time.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from cca.mongo import erasures
from cca.mongo.archive import ERASURES
from cca.mongo.erasures import ErasureRequest, milliseconds
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.intake import Group
from cca.sync_agent.values import Entry

# Counters of the buffer: the newest request and the newest dead letter that `obey` looked at.
_SEEN, _JUDGED = "forgotten_ms", "judged_dead_letter"
# And, before a request and its time: when the agent first saw it, by this machine's clock.
_FIRST_SEEN = "first_seen "

Archive = Database[dict[str, Any]]


def known_requests(buffer: Buffer, database: Archive) -> list[ErasureRequest]:
    """Return every request, its time by the clock that wrote the lines here where that is behind.

    Raises:
        PyMongoError: MongoDB is away.

    """
    found = erasures.requests(database)
    if not found:
        return []
    first_seen = buffer.counters(_FIRST_SEEN)
    now_ms = time.time_ns() // 1_000_000
    names = [f"{request.id} {request.until_ms}" for request in found]
    for name in names:
        if name not in first_seen:
            first_seen[name] = now_ms
            buffer.set_counter(_FIRST_SEEN + name, now_ms)
    return [
        _by_this_clock(request, first_seen[name])
        for request, name in zip(found, names, strict=True)
    ]


def _by_this_clock(request: ErasureRequest, first_seen_ms: int) -> ErasureRequest:
    if first_seen_ms >= request.until_ms:
        return request
    return replace(request, at=datetime.fromtimestamp(first_seen_ms / 1000, UTC))


def erased_entries(
    buffer: Buffer, database: Archive, entries: Sequence[Entry], host: str
) -> set[str]:
    """Return the ids of those entries that must not be stored."""
    known = known_requests(buffer, database)
    if not known:
        return set()
    found = erasures.erased_ids(database, [entry.entry_id for entry in entries])
    return found | {entry.entry_id for entry in entries if _is_covered(entry, known, host)}


def without_erased(buffer: Buffer, database: Archive, group: Group, host: str) -> Group:
    """Return what was read without the entries and the malformed lines that were erased."""
    gone = erased_entries(buffer, database, group.entries, host)
    has_dead = any(batch.dead for batch in group.batches)
    known = known_requests(buffer, database) if has_dead else []
    if not gone and not known:
        return group
    batches = [
        replace(
            batch,
            entries=[entry for entry in batch.entries if entry.entry_id not in gone],
            dead=[letter for letter in batch.dead if not _is_covered(letter.entry, known, host)],
        )
        for batch in group.batches
    ]
    return replace(group, batches=batches)


def obey(buffer: Buffer, database: Archive, host: str) -> None:
    """Apply the requests to the buffer, where one or a dead letter is new since the last look.

    Raises:
        PyMongoError: MongoDB is away.

    """
    newest = database[ERASURES].find_one({}, {"at": 1}, sort=[("at", DESCENDING)])
    if newest is None:
        return
    at_ms, letter = milliseconds(newest["at"]), buffer.newest_dead_letter()
    is_seen = buffer.counter(_SEEN) == at_ms
    if is_seen and buffer.counter(_JUDGED) == letter:
        return
    _erase(buffer, known_requests(buffer, database), host, has_new_request=not is_seen)
    buffer.set_counter(_SEEN, at_ms)
    buffer.set_counter(_JUDGED, letter)


def erase(buffer: Buffer, database: Archive, host: str) -> int:
    """Delete covered rows, and the free pages they stood in; return how many. Positions stay."""
    return _erase(buffer, known_requests(buffer, database), host, has_new_request=True)


def _erase(
    buffer: Buffer, known: Sequence[ErasureRequest], host: str, *, has_new_request: bool
) -> int:
    deleted = 0
    for request in known:
        if request.selection.host in {"", host}:
            deleted += buffer.erase(request.until_ms, request.selection)
    # Free pages may also hold what was delivered and dropped before.
    if deleted or has_new_request:
        buffer.compact()
    return deleted


def count_covered(buffer: Buffer, request: ErasureRequest, host: str) -> tuple[int, int]:
    """Return how many lines and dead letters of the buffer a request covers."""
    if request.selection.host not in {"", host}:
        return 0, 0
    return buffer.count_covered(request.until_ms, request.selection)


def _is_covered(entry: Entry, known: Sequence[ErasureRequest], host: str) -> bool:
    return any(
        request.covers(
            entry.event_ms, host=host, project=entry.project_id, session=entry.session_key
        )
        for request in known
    )
