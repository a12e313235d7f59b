"""Files to buffer: which files changed, their checkpoints, and commits of about a mebibyte."""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from cca.descriptors import BINARY
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.foreign import Recogniser
from cca.sync_agent.identity import Place, prefix_checksum
from cca.sync_agent.read import WAIT_SECONDS, place_of, read_file
from cca.sync_agent.scan import OF_LINES, FoundFile, find_files, readable
from cca.sync_agent.side_files import read_side_file
from cca.sync_agent.tail import BLOCK_BYTES, BLOCK_LINES
from cca.sync_agent.values import NEVER_LOOKED, UNFINISHED, Batch, Checkpoint, DeadLetter, Entry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one commit brought into the buffer."""

    files: int = 0
    bytes: int = 0
    records: int = 0
    dead_letters: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            self.files + other.files,
            self.bytes + other.bytes,
            self.records + other.records,
            self.dead_letters + other.dead_letters,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Batches that are committed together, and how many files end with them."""

    batches: Sequence[Batch]
    files: int
    size_bytes: int

    @property
    def entries(self) -> list[Entry]:
        return [entry for batch in self.batches for entry in batch.entries]


class Intake:
    """The reading half of the agent; the only writer of checkpoints."""

    def __init__(self, buffer: Buffer, host: str, *, with_bodies: bool = False) -> None:
        self._buffer = buffer
        self._with_bodies = with_bodies
        self._host = host
        self._known = buffer.checkpoints()
        # The paths that each stream was read from, in the order of reading.
        self._paths: dict[str, dict[str, None]] = {}
        for point in self._known.values():
            self._paths.setdefault(point.stream, {})[point.path] = None
        self._next_id = max((point.id for point in self._known.values()), default=0) + 1
        self._gone: set[int] = set()
        self._unreadable: set[str] = set()
        self._to_sweep: list[str] = []
        # Since when new files are known, on the monotonic clock.
        self._new: dict[str, float] = {}
        self._recogniser = Recogniser()

    @property
    def knows_nothing(self) -> bool:
        """Whether nothing was read yet, or all positions are forgotten."""
        return not any(point.position for point in self._known.values())

    def scan(self, roots: Sequence[Path]) -> list[FoundFile]:
        """All files there are, oldest first; also notes which known files went."""
        present = [root for root in roots if root.is_dir()]
        files = self.transcripts(find_files(present, self._note_unreadable))
        keys = {file.key for file in files}
        # A folder that is not there now (not mounted) says nothing about its files.
        gone = {
            point.id
            for key, point in self._known.items()
            if key not in keys and any(Path(key).is_relative_to(root) for root in present)
        }
        if gone != self._gone:
            old = self._buffer.note_gone(sorted(gone))
            self._known = {k: p for k, p in self._known.items() if p.id not in old}
            self._gone = gone - old
        return files

    def transcripts(self, files: Iterable[FoundFile]) -> list[FoundFile]:
        """Return the files without the logs and memories of other tools."""
        return self._recogniser.transcripts(files)

    def has_changed(self, found: FoundFile) -> bool:
        """Whether the file differs from its last look; unchanged files are not even opened."""
        point = self._known.get(found.key)
        return point is None or (point.size, point.mtime_ns, point.ctime_ns, point.inode) != (
            found.size,
            found.mtime_ns,
            found.ctime_ns,
            found.inode,
        )

    def has_open_tail(self, found: FoundFile) -> bool:
        """Whether the last line lacks its newline and was not taken yet."""
        point = self._known.get(found.key)
        return (
            found.kind in OF_LINES
            and point is not None
            and point.size > point.position
            and point.tail_id is None
        )

    def waits_for_a_time(self, found: FoundFile) -> bool:
        """Whether the file is new and its first time may be on its way."""
        point = self._known.get(found.key)
        return point is not None and point.size == NEVER_LOOKED and point.position == 0

    def _is_new(self, found: FoundFile) -> bool:
        now = time.monotonic()
        return now - self._new.setdefault(found.key, now) < WAIT_SECONDS

    def has_turn_left(self, found: FoundFile) -> bool:
        """Whether the last turn over the file ended before the file did."""
        point = self._known.get(found.key)
        return point is not None and point.size == UNFINISHED

    def sweep(self, max_bytes: int) -> int:
        """Prove whole prefixes, as many as the bytes allow, going on where the last call ended.

        A file that was edited further back than its marker, and then grew, is read anew by the
        next scan. Gives how many prefixes are left to prove.
        """
        if not self._to_sweep:
            self._to_sweep = [key for key, point in self._known.items() if point.prefix_checksum]
        while self._to_sweep and max_bytes > 0:
            point = self._known.get(self._to_sweep.pop())
            if point is None:
                continue
            max_bytes -= point.position
            if _is_edited(point):
                log.warning("%s was edited before its end; reading it anew", point.path)
                self._known[point.path] = replace(point, size=NEVER_LOOKED, marker=b"")
        return len(self._to_sweep)

    def bytes_left(self, found: FoundFile) -> int:
        point = self._known.get(found.key)
        return max(found.size - (point.position if point else 0), 0)

    def take(self, files: Sequence[FoundFile], *, with_tail: bool) -> Iterator[Taken]:
        """Read what is new in the files into the buffer; one result a commit."""
        for group in self.read(files, with_tail=with_tail):
            yield self.commit(group)

    def read(
        self, files: Sequence[FoundFile], *, with_tail: bool, max_bytes: int = BLOCK_BYTES
    ) -> Iterator[Group]:
        """What is new in the files, in pieces for one commit each."""
        batches: list[Batch] = []
        finished = size = lines = 0
        max_lines = BLOCK_LINES * max_bytes // BLOCK_BYTES
        for found in files:
            for batch in self._read(found, with_tail=with_tail):
                batches.append(batch)
                size += batch.size_bytes
                lines += len(batch.entries)
                if size >= max_bytes or lines >= max_lines:
                    yield Group(batches, finished, size)
                    batches, finished, size, lines = [], 0, 0, 0
            finished += 1
        if batches or finished:
            yield Group(batches, finished, size)

    def commit(self, group: Group, refused: Sequence[DeadLetter] | None = None) -> Taken:
        """Into the buffer; `refused` given: MongoDB has the entries already, but for these."""
        dead = self._buffer.commit(group.batches, refused)
        for batch in group.batches:
            point = batch.checkpoint
            self._known[point.path] = point
            self._paths.setdefault(point.stream, {})[point.path] = None
        return Taken(group.files, group.size_bytes, len(group.entries), dead)

    def _read(self, found: FoundFile, *, with_tail: bool) -> Iterator[Batch]:
        """The file's batches; one that cannot be read now is named and left for later."""
        place = place_of(found, self._host)
        try:
            known = self._checkpoint(found, place)
            if found.kind in OF_LINES:
                batches = read_file(
                    found,
                    known,
                    place,
                    self._buffer.repeat_count,
                    with_tail=with_tail,
                    may_wait=not with_tail and self._is_new(found),
                    with_bodies=self._with_bodies,
                )
            else:
                batches = read_side_file(found, known, place, is_final=with_tail)
            with closing(batches):
                yield from batches
            self._unreadable.discard(found.key)
        except FileNotFoundError:
            self._end_turn(found)
            log.debug("%s went before it was read", found.key)
        except OSError as error:
            self._end_turn(found)
            self._note_unreadable(found.key, error)

    def _note_unreadable(self, path: str, error: OSError) -> None:
        """Say once that a file or folder cannot be read."""
        if path not in self._unreadable:
            self._unreadable.add(path)
            log.warning(
                "cannot read %s (%s); it is taken in when it can be: see its owner and mode,"
                " and CLAUDE_DIR",
                readable(path),
                error.strerror,
            )

    def _end_turn(self, found: FoundFile) -> None:
        """A file that cannot be read now is tried again by the next scan, not at once."""
        if self.has_turn_left(found):
            self._known[found.key] = replace(self._known[found.key], size=NEVER_LOOKED)

    def _checkpoint(self, found: FoundFile, place: Place) -> Checkpoint:
        """The file's checkpoint; that of a vanished file of the same stream when it moved."""
        known = self._known.get(found.key)
        if known is not None:
            return known
        for path in self._paths.get(place.stream, ()):
            point = self._known.get(path)
            if point is not None and not Path(path).exists():
                del self._known[path]
                return replace(point, path=found.key, project_id=place.project_id)
        self._next_id += 1
        return Checkpoint(self._next_id - 1, found.key, place.project_id, place.stream)


def _is_edited(point: Checkpoint) -> bool:
    """Whether the bytes that were read are others now; a file that cannot be read says nothing."""
    try:
        descriptor = os.open(point.path, os.O_RDONLY | BINARY)
    except OSError:
        return False
    try:
        is_whole = os.fstat(descriptor).st_size >= point.position
        return is_whole and prefix_checksum(descriptor, point.position) != point.prefix_checksum
    except OSError:
        return False
    finally:
        os.close(descriptor)
