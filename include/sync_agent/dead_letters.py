"""Dead letters after the fact: look at them, try them again, take them out."""

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cca.errors import NotFound
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.buffer_rows import insert_entries, now_text
from cca.sync_agent.identity import record_digest, stream_hash
from cca.sync_agent.tail import Record, pieces_of
from cca.sync_agent.values import Entry
from cca.transcript.times import epoch_ms

_COLUMNS = (
    "id, source_file, source_offset, reason, raw_bytes, created_at, file_path, project_id,"
    " session_id, stream, generation, event_ms, entry_id, raw"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with all that is known of it; `raw` is cut where the line was over-long."""

    id: int
    source_file: str
    source_offset: int
    reason: str
    raw_bytes: int
    created_at: str
    file_path: str
    project_id: str
    session_id: str
    stream: str
    generation: int
    event_ms: int
    entry_id: str | None
    raw: bytes

    def summary(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "source_file": self.source_file,
            "source_offset": self.source_offset,
            "reason": self.reason,
            "raw_bytes": self.raw_bytes,
            "created_at": self.created_at,
        }

    def whole(self) -> dict[str, Any]:
        """Everything, the raw bytes in base64 so that nothing is changed."""
        return {
            **self.summary(),
            "file_path": self.file_path,
            "project_id": self.project_id,
            "session_id": self.session_id,
            "raw_base64": b64encode(self.raw).decode(),
        }


@dataclass(frozen=True, slots=True)
class RetryReport:
    """How many went back to the buffer, and how many stay."""

    retried: int
    left: int


def list_letters(buffer_path: Path) -> list[Letter]:
    """All dead letters, oldest first; none where there is no buffer yet. Only reads."""
    if not buffer_path.exists():
        return []
    with closing(sqlite3.connect(f"{buffer_path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM dead_letters ORDER BY id").fetchall()
    return [Letter(*row) for row in rows]


def find_letter(buffer_path: Path, letter_id: int) -> Letter:
    for letter in list_letters(buffer_path):
        if letter.id == letter_id:
            return letter
    message = f"no dead letter {letter_id} in {buffer_path}; see `cca dead-letters list`"
    raise NotFound(message)


def export_letters(buffer_path: Path) -> Iterator[str]:
    """One JSON object a line, with the raw bytes."""
    for letter in list_letters(buffer_path):
        yield json.dumps(letter.whole(), ensure_ascii=False)


def retry_letters(buffer_path: Path, ids: frozenset[int] = frozenset()) -> RetryReport:
    """Parse them again with today's rules; what is whole now waits for delivery again."""
    letters = [item for item in list_letters(buffer_path) if not ids or item.id in ids]
    retried = 0
    if not letters:
        return RetryReport(0, 0)
    with Buffer(buffer_path) as buffer:
        for letter in letters:
            entries = _entries_of(letter)
            if not entries:
                continue
            with buffer.transaction() as connection:
                insert_entries(connection, entries, now_text())
                connection.execute("DELETE FROM dead_letters WHERE id = ?", (letter.id,))
            retried += 1
    return RetryReport(retried, len(letters) - retried)


def _entries_of(letter: Letter) -> list[Entry]:
    """The letter's entries, if all of it can be taken now."""
    # An over-long line was kept only in part; MongoDB's refusals keep their own id.
    if letter.raw_bytes != len(letter.raw):
        return []
    entry = Entry(
        letter.project_id,
        letter.session_id,
        letter.source_file,
        letter.raw,
        letter.entry_id or "",
        letter.stream,
        letter.generation,
        letter.source_offset,
        letter.event_ms,
    )
    if letter.entry_id:
        return [entry]
    pieces = pieces_of(letter.raw)
    records = [piece for piece in pieces if isinstance(piece, Record)]
    if len(records) != len(pieces):
        return []
    return [
        entry._replace(
            line=record.line,
            entry_id=record_digest(stream_hash(letter.stream), record.line).hex(),
            source_offset=letter.source_offset + record.start,
            event_ms=_event_ms(record, letter),
        )
        for record in records
    ]


def _event_ms(record: Record, letter: Letter) -> int:
    own = epoch_ms(record.entry.get("timestamp"))
    return letter.event_ms if own is None else own
