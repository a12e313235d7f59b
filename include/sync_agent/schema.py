"""The buffer's tables: versioned, only ever added to; usable with plain sqlite3."""

import sqlite3

from include.errors import SettingError

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
