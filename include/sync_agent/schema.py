"""The buffer's file and tables: versioned, only ever added to; usable with plain sqlite3."""

import logging
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from cca.errors import SettingError

log = logging.getLogger(__name__)

_PRAGMAS = (
    "busy_timeout=30000",
    # Takes effect only in a file that is yet empty: free pages can go back to the disk.
    "auto_vacuum=INCREMENTAL",
    "journal_mode=WAL",
    # With WAL anything less may lose the last commits when the power goes.
    "synchronous=FULL",
    "journal_size_limit=67108864",
)

# Migration n brings user_version from n to n + 1. Never change one that was released.
MIGRATIONS = (
    """
    CREATE TABLE pending_entries (
        id INTEGER PRIMARY KEY,
        project_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        source_file TEXT NOT NULL,
        entry_json TEXT NOT NULL,
        created_at TEXT NOT NULL,
        synced INTEGER NOT NULL DEFAULT 0,
        entry_id TEXT NOT NULL,
        stream TEXT NOT NULL,
        generation INTEGER NOT NULL,
        source_offset INTEGER NOT NULL,
        event_ms INTEGER NOT NULL
    );
    CREATE INDEX pending_unsynced ON pending_entries (id) WHERE synced = 0;
    CREATE TABLE file_positions (
        file_path TEXT NOT NULL UNIQUE,
        position INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        id INTEGER PRIMARY KEY,
        project_id TEXT NOT NULL,
        stream TEXT NOT NULL,
        generation INTEGER NOT NULL,
        records INTEGER NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        marker BLOB NOT NULL,
        prefix_checksum INTEGER NOT NULL,
        last_event_ms INTEGER,
        tail_id BLOB,
        gone_since TEXT
    );
    CREATE TABLE repeats (
        file_id INTEGER NOT NULL,
        digest BLOB NOT NULL,
        seen INTEGER NOT NULL,
        PRIMARY KEY (file_id, digest)
    ) WITHOUT ROWID;
    CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY,
        file_path TEXT NOT NULL,
        source_offset INTEGER NOT NULL,
        reason TEXT NOT NULL,
        raw BLOB NOT NULL,
        raw_bytes INTEGER NOT NULL,
        digest BLOB NOT NULL,
        created_at TEXT NOT NULL,
        project_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        source_file TEXT NOT NULL,
        stream TEXT NOT NULL,
        generation INTEGER NOT NULL,
        event_ms INTEGER NOT NULL,
        entry_id TEXT,
        UNIQUE (file_path, source_offset, digest)
    );
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
)


def open_buffer(path: Path) -> sqlite3.Connection:
    """The buffer's file, made where there is none; a corrupt one is set aside, never deleted.

    What it held is in the files still, and read again it gets the same ids.
    """
    try:
        return _connect(path)
    except sqlite3.OperationalError as error:
        message = (
            f"the buffer {path} cannot be opened ({error}): free space there and see its owner and "
            "mode, or set SQLITE_PATH"
        )
        raise SettingError(message) from error
    except sqlite3.DatabaseError as error:
        aside = f"{path.name}.corrupt-{int(datetime.now(UTC).timestamp())}"
        log.error(  # noqa: TRY400  (the file is what matters, not where we found it out)
            "the buffer %s is corrupt (%s): set aside as %s; all files are read again",
            *(path, error, aside),
        )
        for suffix in ("", "-wal", "-shm"):
            side = path.with_name(path.name + suffix)
            if side.exists():
                side.rename(path.with_name(aside + suffix))
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        _check(connection)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to this version; a buffer of a newer cca is refused, not guessed at."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        message = (
            f"the buffer (SQLITE_PATH) has version {version}, this cca knows {len(MIGRATIONS)}; "
            "update cca or set SQLITE_PATH to another file"
        )
        raise SettingError(message)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        stamp = f"PRAGMA user_version = {number}"
        connection.executescript(f"BEGIN IMMEDIATE; {script}; {stamp}; COMMIT")
