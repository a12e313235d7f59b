"""The rows of the buffer: how entries, checkpoints and dead letters are written and read back."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

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
# What status lines recorded goes where an agent may have no right to write.
SELECT_NEWEST_DELIVERED = """
    SELECT project_id, session_id, source_file, CAST(entry_json AS BLOB), entry_id, stream,
        generation, source_offset, event_ms, id
    FROM pending_entries
    WHERE synced = 1 AND stream NOT LIKE '@limits/%'
        AND id < coalesce((SELECT MIN(id) FROM pending_entries WHERE synced = 0), 1 << 62)
    ORDER BY id DESC LIMIT 1
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
    newest = [entry for entry in entries[-_SHOW_SENT:] if entry.entry_id not in bad]
    short = [entry for entry in newest if len(entry.line) <= KEEP_LINE_BYTES]
    before = connection.execute("SELECT MAX(id) FROM pending_entries").fetchone()[0] or 0
    insert_entries(connection, short, now)
    connection.execute("UPDATE pending_entries SET synced = 1 WHERE id > ?", (before,))
    # Rows that wait stay, wherever they stand.
    drop_delivered(connection, delivered_to=0)
    count_delivered(connection, len(entries) - len(refused))


def drop_delivered(connection: sqlite3.Connection, delivered_to: int) -> int:
    """Of the rows up to this one keep those that are among the newest; gives where those begin."""
    newest = connection.execute("SELECT MAX(id) FROM pending_entries").fetchone()[0] or 0
    keep_from: int = newest - KEEP_DELIVERED
    connection.execute(
        "DELETE FROM pending_entries WHERE id <= ? AND (synced = 1 OR id <= ?)",
        (keep_from, delivered_to),
    )
    return keep_from


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
