"""What was forgotten on request never comes back, though its files may still stand here.

Two collections beside the archive remember it: `forgotten`, one document a request, and
`forgotten_ids`, the `_id` of every document that was deleted for one. A request covers what had
happened by then; what is said later is new, and taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from cca.sync_agent.buffer import Buffer
from cca.sync_agent.intake import Group
from cca.sync_agent.values import Entry

REQUESTS = "forgotten"
IDS = "forgotten_ids"
_SEEN = "forgotten_ms"

Archive = Database[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A request: all that is given must hold."""

    host: str
    project: str
    session: str
    until_ms: int

    def covers(self, entry: Entry, host: str) -> bool:
        return (
            entry.event_ms <= self.until_ms
            and self.host in {"", host}
            and self.project in {"", entry.project_id}
            and self.session in {"", entry.session_key}
        )


def rules(database: Archive) -> list[Rule]:
    """Every request there was."""
    return [
        Rule(row["host"], row["project"], row["session"], _milliseconds(row["at"]))
        for row in database[REQUESTS].find()
    ]


def forgotten(database: Archive, entries: Sequence[Entry], host: str) -> set[str]:
    """Ids of those entries that must not be stored."""
    known = rules(database)
    if not known:
        return set()
    ids = [entry.entry_id for entry in entries]
    found = {row["_id"] for row in database[IDS].find({"_id": {"$in": ids}})}
    covered = {
        entry.entry_id for entry in entries if any(rule.covers(entry, host) for rule in known)
    }
    return found | covered


def without_forgotten(database: Archive, group: Group, host: str) -> Group:
    """What was read, without the entries and the unreadable lines that were forgotten."""
    gone = forgotten(database, group.entries, host)
    known = rules(database) if any(batch.dead for batch in group.batches) else []
    if not gone and not known:
        return group
    batches = [
        replace(
            batch,
            entries=[entry for entry in batch.entries if entry.entry_id not in gone],
            dead=[
                letter
                for letter in batch.dead
                if not any(rule.covers(letter.entry, host) for rule in known)
            ],
        )
        for batch in group.batches
    ]
    return replace(group, batches=batches)


def obey(buffer: Buffer, database: Archive, host: str) -> None:
    """Clear the buffer of what was forgotten since the last look; says when MongoDB is away."""
    newest = database[REQUESTS].find_one({}, {"at": 1}, sort=[("at", DESCENDING)])
    if newest is None or buffer.counter(_SEEN) == _milliseconds(newest["at"]):
        return
    purge(buffer, rules(database), host)
    with buffer.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO counters VALUES (?, ?)", (_SEEN, _milliseconds(newest["at"]))
        )


def purge(buffer: Buffer, known: Sequence[Rule], host: str) -> int:
    """Rows that the rules cover leave the buffer, and its free pages; how many. Positions stay."""
    taken_out = 0
    with buffer.transaction() as connection:
        for rule in known:
            if rule.host not in {"", host}:
                continue
            for table in ("pending_entries", "dead_letters"):
                done = connection.execute(f"DELETE FROM {table} WHERE {_COVERED}", _values(rule))
                taken_out += done.rowcount
    # deleted rows stand in free pages until those are written anew
    buffer.rows("VACUUM")
    buffer.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return taken_out


def covered_rows(buffer: Buffer, rule: Rule, host: str) -> tuple[int, int]:
    """How many lines and dead letters of the buffer a rule covers."""
    if rule.host not in {"", host}:
        return 0, 0
    lines, letters = (
        int(buffer.rows(f"SELECT COUNT(*) FROM {table} WHERE {_COVERED}", _values(rule))[0][0])
        for table in ("pending_entries", "dead_letters")
    )
    return lines, letters


_COVERED = "event_ms <= ? AND ? IN ('', project_id) AND ? IN ('', session_id)"


def _values(rule: Rule) -> tuple[int, str, str]:
    return rule.until_ms, rule.project, rule.session


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
