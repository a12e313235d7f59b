"""What was erased on request never comes back, though its files may still stand here.

`cca.mongo.erasures` holds the requests. One covers what had happened by then; later entries are
new, and stored.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from cca.mongo import erasures
from cca.mongo.archive import ERASURES
from cca.mongo.erasures import ErasureRequest, milliseconds
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.intake import Group
from cca.sync_agent.values import Entry

_SEEN = "forgotten_ms"

Archive = Database[dict[str, Any]]


def erased_entries(database: Archive, entries: Sequence[Entry], host: str) -> set[str]:
    """Return the ids of those entries that must not be stored."""
    known = erasures.requests(database)
    if not known:
        return set()
    found = erasures.erased_ids(database, [entry.entry_id for entry in entries])
    return found | {entry.entry_id for entry in entries if _is_covered(entry, known, host)}


def without_erased(database: Archive, group: Group, host: str) -> Group:
    """Return what was read without the entries and the malformed lines that were erased."""
    gone = erased_entries(database, group.entries, host)
    has_dead = any(batch.dead for batch in group.batches)
    known = erasures.requests(database) if has_dead else []
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
    """Apply requests that are new since the last look to the buffer.

    Raises:
        PyMongoError: MongoDB is away.

    """
    newest = database[ERASURES].find_one({}, {"at": 1}, sort=[("at", DESCENDING)])
    if newest is None or buffer.counter(_SEEN) == milliseconds(newest["at"]):
        return
    erase(buffer, erasures.requests(database), host)
    buffer.set_counter(_SEEN, milliseconds(newest["at"]))


def erase(buffer: Buffer, known: Sequence[ErasureRequest], host: str) -> int:
    """Delete covered rows, and the free pages they stood in; return how many. Positions stay."""
    deleted = 0
    for request in known:
        if request.selection.host in {"", host}:
            deleted += buffer.erase(request.until_ms, request.selection)
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
