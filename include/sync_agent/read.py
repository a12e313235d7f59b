"""One file, from its checkpoint on: batches of entries and dead letters, each with its position."""

import os
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any
from zlib import crc32

from cca.descriptors import BINARY
from cca.sync_agent import identity
from cca.sync_agent.document import body_of
from cca.sync_agent.identity import Place
from cca.sync_agent.scan import FoundFile, readable
from cca.sync_agent.tail import (
    BLOCK_BYTES,
    BLOCK_LINES,
    Block,
    Malformed,
    Record,
    own_bytes,
    parse,
    pieces_of,
    read_block,
)
from cca.sync_agent.values import NEVER_LOOKED, UNFINISHED, Batch, Checkpoint, DeadLetter, Entry
from cca.transcript.slugs import slug_of
from cca.transcript.times import epoch_ms

# What one turn over a file reads at most, so that one huge file does not hold up the others.
TURN_BYTES = 64 << 20
# How long the first entries of a file wait for a time to be written after them.
WAIT_SECONDS = 2.0
RepeatCount = Callable[[int, bytes], int]


def place_of(found: FoundFile, host: str) -> Place:
    relative = readable(found.path.relative_to(found.root))
    if found.kind == "limits":
        return identity.place_of_limits(relative, host)
    return identity.place_of(PurePosixPath(relative), found.root.name, host)


def read_file(  # noqa: PLR0913  (what the file is, and how to look at it)
    found: FoundFile,
    known: Checkpoint,
    place: Place,
    repeat_count: RepeatCount,
    *,
    with_tail: bool,
    may_wait: bool = False,
    with_bodies: bool = False,
) -> Generator[Batch, None, None]:
    """What is new in the file; always ends with a batch that holds its newest look.

    `with_tail` also takes a last line without its newline; the position stays before it. With
    `may_wait` a new file without any time is left for a moment: its first time may be on its way.
    `with_bodies` is for entries that go to MongoDB at once.
    """
    descriptor = os.open(found.path, os.O_RDONLY | BINARY)
    try:
        start = resume(descriptor, found, known)
        restarts = start.generation > known.generation
        reader = _Reader(found, place, start, repeat_count, restarts, with_bodies)
        end = start.position + TURN_BYTES
        while reader.point.position < end:
            block = read_block(descriptor, reader.point.position)
            if may_wait and reader.waits_for_a_time(block):
                yield reader.look_again()
                return
            if block.data:
                yield reader.take(descriptor, block)
                continue
            yield reader.finish(block.tail if with_tail else b"")
            return
        yield reader.pause()
    finally:
        os.close(descriptor)


def resume(descriptor: int, found: FoundFile, known: Checkpoint) -> Checkpoint:
    """The checkpoint to go on from: the known one, or the start of a new generation."""
    if known.position == 0 or _is_same_file(descriptor, found, known):
        return known
    return replace(
        known,
        position=0,
        generation=known.generation + 1,
        marker=b"",
        prefix_checksum=0,
        last_event_ms=None,
        tail_id=None,
    )


def _is_same_file(descriptor: int, found: FoundFile, known: Checkpoint) -> bool:
    if found.size < known.position:
        return False
    if identity.marker_before(descriptor, known.position) != known.marker:
        return False
    if found.size != known.size and known.position > identity.PROVE_BYTES:
        return True
    # An edit further back than the marker shows only in the whole prefix.
    return identity.prefix_checksum(descriptor, known.position) == known.prefix_checksum


@dataclass
class _Reader:
    """Carries a file's running state from block to block."""

    found: FoundFile
    place: Place
    point: Checkpoint
    repeat_count: RepeatCount
    restarts: bool
    with_bodies: bool

    def __post_init__(self) -> None:
        self.stream_hash = identity.stream_hash(self.place.stream)
        self.is_named_inside = self.place.is_flat_agent or self.place.is_of_limits
        self.generation = self.point.generation
        self.repeats: dict[bytes, int] = {}
        self.is_new_pass = self.point.position == 0
        self.last_event_ms = self.point.last_event_ms
        # The first time written in the block that is being read.
        self.first_event_ms: int | None = None

    def waits_for_a_time(self, block: Block) -> bool:
        """Whether the file has no time yet and may soon: its first entries take the first one."""
        age = time.time() - self.found.mtime_ns / 1e9
        return (
            self.point.position == 0
            and self.last_event_ms is None
            and 0 <= age < WAIT_SECONDS
            and 0 < len(block.data) < BLOCK_BYTES // 2
            and b'"timestamp"' not in block.data
        )

    def look_again(self) -> Batch:
        """Nothing is read, and the next scan takes the file for changed."""
        self.point = replace(self.point, size=NEVER_LOOKED)
        return self._batch([], [], {})

    def take(self, descriptor: int, block: Block) -> Batch:
        """Whole lines of a block, at most a thousand, and the position after them."""
        base = self.point.position
        if block.skipped_bytes:
            end = base + block.skipped_bytes
            reason = f"line of {block.skipped_bytes} bytes"
            dead = [self._dead(Malformed(0, block.data, reason), base, block.skipped_bytes)]
            checksum = identity.prefix_checksum(descriptor, end, base, self.point.prefix_checksum)
            return self._advance(descriptor, end, checksum, ([], dead), {})
        entries: list[Entry] = []
        dead_letters: list[DeadLetter] = []
        changed: dict[bytes, int] = {}
        is_undated = self.last_event_ms is None
        self.first_event_ms = None
        offset = 0
        for raw in block.data.split(b"\n", BLOCK_LINES)[:BLOCK_LINES]:
            if offset == len(block.data):
                break
            for piece in pieces_of(raw):
                if isinstance(piece, Record):
                    entries.append(self._entry(piece, base + offset, changed))
                else:
                    dead_letters.append(self._dead(piece, base + offset, len(piece.raw)))
            offset += len(raw) + 1
        checksum = crc32(memoryview(block.data)[:offset], self.point.prefix_checksum)
        if is_undated and entries and self.first_event_ms is not None:
            entries = _dated(entries, self.first_event_ms)
        taken = (entries, dead_letters)
        return self._advance(descriptor, base + offset, checksum, taken, changed)

    def _advance(
        self,
        descriptor: int,
        position: int,
        checksum: int,
        taken: tuple[list[Entry], list[DeadLetter]],
        changed: dict[bytes, int],
    ) -> Batch:
        entries, dead = taken
        self.point = replace(
            self.point,
            position=position,
            marker=identity.marker_before(descriptor, position),
            prefix_checksum=checksum,
            records=self.point.records + len(entries),
            last_event_ms=self.last_event_ms,
            tail_id=None,
        )
        return self._batch(entries, dead, changed)

    def finish(self, tail: bytes) -> Batch:
        """The file's newest look, and its last line where that lacks only the newline."""
        self.point = replace(
            self.point,
            size=self.found.size,
            mtime_ns=self.found.mtime_ns,
            ctime_ns=self.found.ctime_ns,
            inode=self.found.inode,
        )
        line = own_bytes(tail)
        try:
            value = parse(line) if line else None
        except ValueError:
            value = None
        if not isinstance(value, dict):
            return self._batch([], [], {})
        # Its repeat is not counted and its time not carried: the line will be read again.
        entry = self._entry(Record(tail.find(b"{"), line, value), self.point.position, None)
        tail_id = bytes.fromhex(entry.entry_id)
        is_known = self.point.tail_id == tail_id
        self.point = replace(self.point, tail_id=tail_id)
        return self._batch([] if is_known else [entry], [], {})

    def pause(self) -> Batch:
        """The end of a turn in the middle of the file."""
        self.point = replace(self.point, size=UNFINISHED)
        return self._batch([], [], {})

    def _batch(
        self, entries: list[Entry], dead: list[DeadLetter], changed: dict[bytes, int]
    ) -> Batch:
        restarts, self.restarts = self.restarts, False
        return Batch(self.point, entries, dead, changed, restarts)

    def _entry(self, record: Record, base: int, changed: dict[bytes, int] | None) -> Entry:
        start, line, entry, is_plain = record
        place = self.place
        digest = identity.record_digest(self.stream_hash, line)
        uuid = entry.get("uuid")
        if not (uuid and isinstance(uuid, str)):
            digest = self._distinct(digest, line, changed)
        event_ms = epoch_ms(entry.get("timestamp"))
        if event_ms is not None:
            self.last_event_ms = event_ms
            if self.first_event_ms is None:
                self.first_event_ms = event_ms
        project_id, session_key = place.project_id, place.session_key
        if self.is_named_inside:
            project_id, session_key = _named_in(entry, place)
        body = body_of(line, entry) if self.with_bodies and is_plain else None
        # By position: by name costs a third more, and this runs for every record.
        return Entry(
            project_id, session_key, place.source_file, line, digest.hex(), place.stream,
            self.generation, base + start, self._event_ms(), 0, body,
        )  # fmt: skip

    def _event_ms(self) -> int:
        """The last time written in the file, else the file's own until `_dated` knows better."""
        if self.last_event_ms is not None:
            return self.last_event_ms
        return self.found.mtime_ns // 1_000_000

    def _distinct(self, digest: bytes, line: bytes, changed: dict[bytes, int] | None) -> bytes:
        """The digest that tells the n-th verbatim copy of a record without uuid from the others."""
        seen = self.repeats.get(digest)
        if seen is None:
            seen = 0 if self.is_new_pass else self.repeat_count(self.point.id, digest)
        if changed is not None:
            self.repeats[digest] = changed[digest] = seen + 1
        return identity.repeated_digest(self.stream_hash, line, seen) if seen else digest

    def _dead(self, malformed: Malformed, base: int, raw_bytes: int) -> DeadLetter:
        place = self.place
        entry = Entry(
            project_id=place.project_id,
            session_key=place.session_key,
            source_file=place.source_file,
            line=malformed.raw,
            entry_id="",
            stream=place.stream,
            generation=self.point.generation,
            source_offset=base + malformed.start,
            event_ms=self._event_ms(),
        )
        digest = blake2b(malformed.raw, digest_size=16).digest()
        return DeadLetter(self.found.key, entry, malformed.reason, raw_bytes, digest)


def _named_in(entry: dict[str, Any], place: Place) -> tuple[str, str]:
    """Project and session of a record, where its file leaves them to it."""
    session, cwd = entry.get("sessionId"), entry.get("cwd")
    session_key = str(session) if identity.is_uuid(session) else place.session_key
    is_named = place.is_of_limits and isinstance(cwd, str) and cwd
    return slug_of(cwd) if is_named else place.project_id, session_key


def _dated(entries: list[Entry], first_ms: int) -> list[Entry]:
    """Give the entries before a file's first time that time: they were written just before it."""
    undated_ms = entries[0].event_ms
    for number, entry in enumerate(entries):
        if entry.event_ms != undated_ms:
            break
        entries[number] = entry._replace(event_ms=first_ms)
    return entries
