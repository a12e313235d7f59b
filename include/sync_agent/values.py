"""The values that pass from reading over the buffer to delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# Sizes no file has, so that every scan takes the file for changed.
NEVER_LOOKED = -1
UNFINISHED = -2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a file was read, and the proof that it is still the same file."""

    id: int
    path: str
    project_id: str
    stream: str
    position: int = 0
    generation: int = 0
    records: int = 0
    size: int = NEVER_LOOKED
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    marker: bytes = b""
    prefix_checksum: int = 0
    last_event_ms: int | None = None
    tail_id: bytes | None = None


class Body(NamedTuple):
    """What a parsed entry adds to its document: its preview, and its own fields in BSON."""

    preview: str
    elements: bytes


class Entry(NamedTuple):
    """A record on its way to MongoDB: its line as written and what its document adds.

    There are millions of them, and a tuple is made in a third of a dataclass's time.
    """

    project_id: str
    session_key: str
    source_file: str
    line: bytes
    entry_id: str
    stream: str
    generation: int
    source_offset: int
    event_ms: int
    row: int = 0
    # Made where the line was parsed: its values are in the processor's cache then.
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Bytes that could not be taken in, and why. `entry.line` holds the raw bytes or their head."""

    path: str
    entry: Entry
    reason: str
    raw_bytes: int
    digest: bytes
    id: int = 0
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one turn over a file found, and the checkpoint that covers it."""

    checkpoint: Checkpoint
    entries: Sequence[Entry] = ()
    dead: Sequence[DeadLetter] = ()
    repeats: dict[bytes, int] = field(default_factory=dict)
    # The file is read from its start again: what was counted before no longer holds.
    restarts: bool = False

    @property
    def size_bytes(self) -> int:
        return sum(len(entry.line) for entry in self.entries)
