"""All distinct words of the index in flat files: a part of a word is found by scanning them."""

import mmap
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from cca.files import replace_file
from cca.search.normalise import UNDERSCORE

# Hashes and ids are nine words in ten; they are scanned only for what is hexadecimal itself.
# As runs of lines and as a group, so that splitting by it keeps them: they stand at the odd places.
_HEX_LINES = re.compile(rb"((?:^[0-9a-f]{8,}\n)+)", re.MULTILINE)
_HEX = re.compile(rb"[0-9a-f]+$")
# The live writer appends up to this before the files are written again.
COMPACT_BYTES = 4_000_000


@dataclass(frozen=True)
class Files:
    """`vocab.bin` words, `vocab.hex` hexadecimal words, `vocab.new` appended by the live writer.

    `vocab.leads` has the characters beyond ASCII that words hold, first or later.
    """

    directory: Path

    @property
    def words(self) -> Path:
        return self.directory / "vocab.bin"

    @property
    def hexes(self) -> Path:
        return self.directory / "vocab.hex"

    @property
    def new(self) -> Path:
        return self.directory / "vocab.new"

    @property
    def leads(self) -> Path:
        return self.directory / "vocab.leads"

    def known_leads(self) -> set[str]:
        try:
            return set(self.leads.read_text())
        except FileNotFoundError:
            return {UNDERSCORE}

    def keep_leads(self, leads: set[str]) -> None:
        replace_file(self.leads, "".join(sorted(leads)))

    def append(self, words: Iterable[str]) -> None:
        """Add words, durably; those already there do no harm."""
        with self.new.open("ab") as file:
            file.write(b"".join(word.encode() + b"\n" for word in words))
            file.flush()
            os.fsync(file.fileno())

    def needs_compaction(self) -> bool:
        return self.new.exists() and self.new.stat().st_size > COMPACT_BYTES

    def rewrite(self, words: Iterable[Iterable[str]]) -> None:
        """Write the files again from all words; the order keeps every word findable throughout.

        The words come in groups, none of which may be too large to be held at once.
        """
        plain, hexes = bytearray(b"\n"), bytearray(b"\n")
        for group in words:
            parts = _HEX_LINES.split("\n".join(chain(group, ("",))).encode())
            hexes += b"".join(parts[1::2])
            plain += b"".join(parts[::2])
        replace_file(self.hexes, bytes(hexes))
        replace_file(self.words, bytes(plain))
        replace_file(self.new, b"")


class Vocabulary:
    """A reader's view; it looks again at the files whenever one was replaced or grew."""

    def __init__(self, directory: Path) -> None:
        self._files = Files(directory)
        self._seen: dict[Path, tuple[int, int]] = {}
        self._blobs: dict[Path, bytes | mmap.mmap] = {}

    def find(
        self, part: str, *, starts: bool = False, ends: bool = False, limit: int
    ) -> list[str] | None:
        """Words holding the part, at their start or end where asked; None when over the limit."""
        needle = (b"\n" if starts else b"") + part.encode() + (b"\n" if ends else b"")
        found: dict[str, None] = {}
        # vocab.new first: what moves out of it meanwhile is in the others by then.
        paths = [self._files.new, self._files.words]
        if _HEX.match(part.encode()):
            paths.append(self._files.hexes)
        for path in paths:
            for word in _scan(self._blob(path), needle, starts=starts):
                found[word] = None
                if len(found) > limit:
                    return None
        return list(found)

    def _blob(self, path: Path) -> bytes | mmap.mmap:
        with suppress(FileNotFoundError), path.open("rb") as file:
            status = os.fstat(file.fileno())
            seen = (status.st_ino, status.st_size)
            if self._seen.get(path) != seen:
                self._seen[path] = seen
                self._blobs[path] = self._mapped(path, file.fileno(), status.st_size)
        return self._blobs.get(path, b"")

    def _mapped(self, path: Path, descriptor: int, size: int) -> bytes | mmap.mmap:
        if path == self._files.new or not size:
            return b"\n" + path.read_bytes()
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)


def _scan(blob: bytes | mmap.mmap, needle: bytes, *, starts: bool) -> Iterator[str]:
    at = blob.find(needle)
    while at >= 0:
        begin = at + 1 if starts else blob.rfind(b"\n", 0, at) + 1
        end = blob.find(b"\n", begin)
        # A word being appended has no end yet; the commit it belongs to comes later.
        if end < 0:
            return
        yield blob[begin:end].decode(errors="replace")
        at = blob.find(needle, end)
