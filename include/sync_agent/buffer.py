"""The SQLite buffer: lines and the position that covers them commit in one transaction."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

from cca.selection import Selection
from cca.sync_agent.buffer_rows import (
    CHECKPOINT_COLUMNS,
    COVERED,
    KEEP_LINE_BYTES,
    NEWEST_DELIVERED,
    SELECT_ENTRIES,
    SELECT_NEWEST_DELIVERED,
    count_delivered,
    drop_delivered,
    insert_dead,
    insert_entries,
    note_sent,
    now_text,
    save_checkpoint,
)
from cca.sync_agent.schema import open_buffer
from cca.sync_agent.values import NEVER_LOOKED, Batch, Checkpoint, DeadLetter, Entry

# Delivered rows are kept so long at most.
KEEP_DELIVERED_DAYS = 7
# Free space the file may keep for the next burst.
_FREE_BYTES = 16 << 20
# A file that went may come back (a folder not mounted); its position is kept this long.
KEEP_POSITIONS_DAYS = 7
# The counter that says, across a kill, that the positions may be of another archive.
POSITIONS_IN_DOUBT = "positions_in_doubt"


class Buffer:
    """One open buffer; safe to share between the reading and the delivering thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Transcripts hold secrets; SQLite gives its side files the mode of the main one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = RLock()
        self._connection = open_buffer(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One immediate transaction, rolled back on any error."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # On a full disk a commit may fail and stay open, or SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def checkpoints(self) -> dict[str, Checkpoint]:
        """All files known, by path."""
        rows = self.rows(f"SELECT {CHECKPOINT_COLUMNS} FROM file_positions")
        return {row[1]: Checkpoint(*row) for row in rows}

    def repeat_count(self, file_id: int, digest: bytes) -> int:
        """How many records of these bytes the current pass over the file has seen."""
        rows = self.rows(
            "SELECT seen FROM repeats WHERE file_id = ? AND digest = ?", (file_id, digest)
        )
        return int(rows[0][0]) if rows else 0

    def commit(self, batches: Sequence[Batch], refused: Sequence[DeadLetter] | None = None) -> int:
        """Store what was read together with its checkpoints; gives the new dead letters.

        `refused` given: the entries are in MongoDB already, but for these.
        """
        now = now_text()
        with self.transaction() as connection:
            new_dead = 0
            for batch in batches:
                if batch.restarts:
                    file_id = batch.checkpoint.id
                    connection.execute("DELETE FROM repeats WHERE file_id = ?", (file_id,))
                if refused is None:
                    insert_entries(connection, batch.entries, now)
                new_dead += insert_dead(connection, batch.dead, now)
                connection.executemany(
                    "INSERT OR REPLACE INTO repeats VALUES (?, ?, ?)",
                    ((batch.checkpoint.id, digest, n) for digest, n in batch.repeats.items()),
                )
                save_checkpoint(connection, batch.checkpoint, now)
            if refused is not None:
                sent = [entry for batch in batches for entry in batch.entries]
                note_sent(connection, sent, refused, now)
        return new_dead

    def pending(self, limit: int, max_bytes: int) -> list[Entry]:
        """The oldest undelivered entries: at least one, within the bytes."""
        with self._lock:
            taken: list[Entry] = []
            size = 0
            for row in self._connection.execute(SELECT_ENTRIES, (limit,)):
                size += len(row[3])
                if taken and size > max_bytes:
                    break
                taken.append(Entry(*row))
            return taken

    def newest_delivered(self) -> Entry | None:
        """Return the newest entry that was delivered before all that waits, if one is kept."""
        rows = self.rows(SELECT_NEWEST_DELIVERED, (0,))
        return Entry(*rows[0]) if rows else None

    def forget_positions(self) -> None:
        """Let all files be read from their start; what waits goes on waiting.

        The generations stay: what the archive still has of a file must not stand after the rest.
        """
        with self.transaction() as connection:
            connection.execute("DELETE FROM repeats")
            connection.execute(
                "UPDATE file_positions SET position = 0, records = 0, size = ?, marker = x'',"
                " prefix_checksum = 0, last_event_ms = NULL, tail_id = NULL",
                (NEVER_LOOKED,),
            )
            connection.execute("DELETE FROM counters WHERE name = ?", (POSITIONS_IN_DOUBT,))

    def pending_count(self) -> int:
        return int(self.rows("SELECT COUNT(*) FROM pending_entries WHERE synced = 0")[0][0])

    def dead_letter_count(self) -> int:
        return int(self.rows("SELECT COUNT(*) FROM dead_letters")[0][0])

    def file_count(self) -> int:
        return int(self.rows("SELECT COUNT(*) FROM file_positions")[0][0])

    def oldest_pending_seconds(self) -> int:
        """Return the age of the oldest entry that waits, in seconds; 0 when none waits."""
        found = self.rows(
            "SELECT (julianday('now') - julianday(created_at)) * 86400 FROM pending_entries"
            " WHERE synced = 0 ORDER BY id LIMIT 1"
        )
        return max(0, round(found[0][0])) if found else 0

    def project_rows(self) -> list[tuple[Any, ...]]:
        """Return (project, files, records, bytes read, bytes unread) of each project."""
        return self.rows(
            "SELECT project_id, COUNT(*), SUM(records), SUM(position),"
            " SUM(max(size - position, 0))"
            " FROM file_positions GROUP BY project_id ORDER BY project_id"
        )

    def newest_file_rows(self, limit: int) -> list[tuple[Any, ...]]:
        """Return (file, project, position, size, generation, records, updated at), newest first."""
        return self.rows(
            "SELECT file_path, project_id, position, size, generation, records, updated_at"
            " FROM file_positions ORDER BY updated_at DESC, file_path LIMIT ?",
            (limit,),
        )

    def mark_delivered(self, entries: Sequence[Entry], dead: Sequence[DeadLetter] = ()) -> None:
        """After MongoDB's reply: entries are delivered, or dead with the server's reason."""
        now = now_text()
        with self.transaction() as connection:
            connection.executemany(
                "DELETE FROM pending_entries WHERE id = ?", [(d.entry.row,) for d in dead]
            )
            long = ((entry.row,) for entry in entries if len(entry.line) > KEEP_LINE_BYTES)
            connection.executemany("DELETE FROM pending_entries WHERE id = ?", long)
            # A batch holds the oldest that wait, so all that waits up to its last one is in it.
            delivered_to = entries[-1].row
            # Before the mark: to change a row costs more than to drop it.
            drop_delivered(connection, delivered_to)
            connection.execute(
                "UPDATE pending_entries SET synced = 1 WHERE synced = 0 AND id <= ?",
                (delivered_to,),
            )
            insert_dead(connection, dead, now)
            count_delivered(connection, len(entries) - len(dead))

    def drop(self, entries: Sequence[Entry]) -> None:
        """Take waiting entries out, with what they held."""
        self.rows("PRAGMA secure_delete = ON")
        with self.transaction() as connection:
            rows = ((entry.row,) for entry in entries)
            connection.executemany("DELETE FROM pending_entries WHERE id = ?", rows)

    def erase(self, until_ms: int, selection: Selection) -> int:
        """Delete the lines and dead letters of a selection up to an event time; how many."""
        values = (until_ms, selection.project, selection.session)
        with self.transaction() as connection:
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE {COVERED}", values).rowcount
                for table in ("pending_entries", "dead_letters")
            )

    def count_covered(self, until_ms: int, selection: Selection) -> tuple[int, int]:
        """Return how many lines and dead letters `erase` would delete."""
        values = (until_ms, selection.project, selection.session)
        lines, letters = (
            int(self.rows(f"SELECT COUNT(*) FROM {table} WHERE {COVERED}", values)[0][0])
            for table in ("pending_entries", "dead_letters")
        )
        return lines, letters

    def compact(self) -> None:
        """Rewrite the file: deleted rows stay readable in free pages until then."""
        self.rows("VACUUM")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def set_counter(self, name: str, value: int) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))

    def counter(self, name: str) -> int | None:
        rows = self.rows("SELECT value FROM counters WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else None

    def counters(self, prefix: str) -> dict[str, int]:
        """Return the counters whose names begin so, by the rest of their names."""
        rows = self.rows(
            "SELECT substr(name, ?), value FROM counters WHERE name >= ? AND name < ?",
            (len(prefix) + 1, prefix, prefix + chr(0x10FFFF)),
        )
        return {str(name): int(value) for name, value in rows}

    def newest_dead_letter(self) -> int:
        """Return the number of the newest dead letter; 0 when there is none."""
        return int(self.rows("SELECT coalesce(MAX(id), 0) FROM dead_letters")[0][0])

    def note_gone(self, gone: Sequence[int]) -> set[int]:
        """Remember since when these files are gone; forget, and give, those gone for a week."""
        now = now_text()
        listed = json.dumps(list(gone))
        with self.transaction() as connection:
            connection.execute(
                "WITH gone AS (SELECT value AS id FROM json_each(?))"
                " UPDATE file_positions SET gone_since ="
                " iif(id IN (SELECT id FROM gone), coalesce(gone_since, ?), NULL)"
                " WHERE gone_since IS NOT NULL OR id IN (SELECT id FROM gone)",
                (listed, now),
            )
            old = connection.execute(
                "SELECT id FROM file_positions WHERE datetime(gone_since) < datetime(?, ?)",
                (now, f"-{KEEP_POSITIONS_DAYS} days"),
            ).fetchall()
            connection.executemany("DELETE FROM repeats WHERE file_id = ?", old)
            connection.executemany("DELETE FROM file_positions WHERE id = ?", old)
        return {row[0] for row in old}

    def tidy(self) -> None:
        """Drop delivered rows that are a week old, and give free space back to the disk.

        The newest of them stays: it proves that the archive is still the one that has it.
        """
        with self.transaction() as connection:
            connection.execute(
                "DELETE FROM pending_entries WHERE synced = 1"
                " AND datetime(created_at) < datetime(?, ?)"
                f" AND id IS NOT ({NEWEST_DELIVERED})",
                (now_text(), f"-{KEEP_DELIVERED_DAYS} days", 0),
            )
        free = int(self.rows("PRAGMA freelist_count")[0][0])
        if free * int(self.rows("PRAGMA page_size")[0][0]) > _FREE_BYTES:
            with self._lock:
                # As a script: run as a statement it would end after one page.
                self._connection.executescript(f"PRAGMA incremental_vacuum({free})")
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def used_bytes(self) -> int:
        """Size of what the buffer holds, without the pages that are free again."""
        values = [
            int(self.rows(f"PRAGMA {name}")[0][0])
            for name in ("page_count", "freelist_count", "page_size")
        ]
        return (values[0] - values[1]) * values[2]
