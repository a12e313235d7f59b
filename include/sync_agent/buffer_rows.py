"""The rows of the buffer: how entries, checkpoints and dead letters are written and read back."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from cca.sync_agent.identity import LIMITS, is_of_limits
from cca.sync_agent.values import Checkpoint, DeadLetter, Entry

# The newest delivered rows stay, so that one can look at what was delivered; long lines do not.
KEEP_DELIVERED = 1000
KEEP_LINE_BYTES = 64 << 10
# How many entries of a commit that was delivered without the buffer are kept to be shown.
_SHOW_SENT = 50

_INSERT_ENTRY = """
    INSERT INTO pending_entries (created_at, project_id, session_id, source_file, entry_json,
        entry_id, stream, generation, source_offset, event_ms)
    VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?)
"""
SELECT_ENTRIES = """
    SELECT project_id, session_id, source_file, CAST(entry_json AS BLOB), entry_id, stream,
        generation, source_offset, event_ms, id
    FROM pending_entries WHERE synced = 0 ORDER BY id LIMIT ?
"""
# The newest row that stands before all that waits, where what stands up to a row no longer waits.
# It proves which archive has it, so no rule that drops delivered rows drops this one. What status
# lines recorded is no proof: it goes where an agent may have no right to write.
NEWEST_DELIVERED = f"""
    SELECT id FROM pending_entries
    WHERE stream NOT LIKE '{LIMITS}%' AND id < coalesce(
        (SELECT MIN(id) FROM pending_entries WHERE synced = 0 AND id > ?), 1 << 62)
    ORDER BY id DESC LIMIT 1
"""
SELECT_NEWEST_DELIVERED = f"""
    SELECT project_id, session_id, source_file, CAST(entry_json AS BLOB), entry_id, stream,
        generation, source_offset, event_ms, id
    FROM pending_entries WHERE id = ({NEWEST_DELIVERED})
"""
CHECKPOINT_COLUMNS = (
    "id, file_path, project_id, stream, position, generation, records, size, mtime_ns, ctime_ns,"
    " inode, marker, prefix_checksum, last_event_ms, tail_id"
)
COVERED = "event_ms <= ? AND ? IN ('', project_id) AND ? IN ('', session_id)"
_INSERT_DEAD = """
    INSERT OR IGNORE INTO dead_letters (file_path, source_offset, reason, raw, raw_bytes, digest,
        created_at, project_id, session_id, source_file, stream, generation, event_ms, entry_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def now_text() -> str:
    """Return the time as the buffer stores it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def note_sent(
    connection: sqlite3.Connection,
    entries: Sequence[Entry],
    refused: Sequence[DeadLetter],
    now: str,
) -> None:
    """Counts entries that were delivered without the buffer, and keeps the newest to be shown."""
    insert_dead(connection, refused, now)
    bad = {letter.entry.entry_id for letter in refused}
    before = connection.execute("SELECT MAX(id) FROM pending_entries").fetchone()[0] or 0
    insert_entries(connection, _newest_short(entries, bad), now)
    connection.execute("UPDATE pending_entries SET synced = 1 WHERE id > ?", (before,))
    # Rows that wait stay, wherever they stand.
    drop_delivered(connection, delivered_to=0)
    count_delivered(connection, len(entries) - len(refused))


def _newest_short(entries: Sequence[Entry], bad: set[str]) -> list[Entry]:
    """Return the newest short entries in their order; one of a transcript if there is any."""
    short = (
        entry
        for entry in reversed(entries)
        if len(entry.line) <= KEEP_LINE_BYTES and entry.entry_id not in bad
    )
    newest = list(islice(short, _SHOW_SENT))
    if all(is_of_limits(entry.stream) for entry in newest):
        newest += islice((entry for entry in short if not is_of_limits(entry.stream)), 1)
    return newest[::-1]


def drop_delivered(connection: sqlite3.Connection, delivered_to: int) -> None:
    """Of the rows that were delivered keep the newest; all up to `delivered_to` were."""
    newest = connection.execute("SELECT MAX(id) FROM pending_entries").fetchone()[0] or 0
    connection.execute(
        "DELETE FROM pending_entries WHERE id <= ? AND (synced = 1 OR id <= ?)"
        f" AND id IS NOT ({NEWEST_DELIVERED})",
        (newest - KEEP_DELIVERED, delivered_to, delivered_to),
    )


def count_delivered(connection: sqlite3.Connection, amount: int) -> None:
    add_to_counter(connection, "delivered", amount)
    connection.execute(
        "INSERT OR REPLACE INTO counters VALUES ('last_sync_ms', ?)",
        (int(datetime.now(UTC).timestamp() * 1000),),
    )


def insert_entries(connection: sqlite3.Connection, entries: Sequence[Entry], now: str) -> None:
    connection.executemany(_INSERT_ENTRY, (_entry_row(entry, now) for entry in entries))


def _entry_row(entry: Entry, now: str) -> tuple[Any, ...]:
    return (
        now, entry.project_id, entry.session_key, entry.source_file, entry.line, entry.entry_id,
        entry.stream, entry.generation, entry.source_offset, entry.event_ms,
    )  # fmt: skip


def save_checkpoint(connection: sqlite3.Connection, point: Checkpoint, now: str) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO file_positions ({CHECKPOINT_COLUMNS}, updated_at)"
        f" VALUES ({'?, ' * 15} ?)",
        (
            point.id, point.path, point.project_id, point.stream, point.position, point.generation,
            point.records, point.size, point.mtime_ns, point.ctime_ns, point.inode, point.marker,
            point.prefix_checksum, point.last_event_ms, point.tail_id, now,
        ),
    )  # fmt: skip


def insert_dead(connection: sqlite3.Connection, dead: Sequence[DeadLetter], now: str) -> int:
    """Store dead letters that are not there yet; gives how many were new."""
    before = connection.total_changes
    for letter in dead:
        entry = letter.entry
        connection.execute(
            _INSERT_DEAD,
            (
                letter.path, entry.source_offset, letter.reason, entry.line, letter.raw_bytes,
                letter.digest, now, entry.project_id, entry.session_key, entry.source_file,
                entry.stream, entry.generation, entry.event_ms, entry.entry_id or None,
            ),
        )  # fmt: skip
    return connection.total_changes - before


def add_to_counter(connection: sqlite3.Connection, name: str, amount: int) -> None:
    connection.execute(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + ?",
        (name, amount, amount),
    )
