"""Who files and records are: stream key, `_id`, and proof that a file is still the same."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePosixPath
from zlib import crc32

from cca.descriptors import pread
from cca.home import SPOOL_NAME

# Bytes before the position whose hash proves that the file is the same.
MARKER_BYTES = 1024
# A prefix up to this size is proved as a whole whenever the file grew: an edit before the marker
# and an append between two looks would hide each other. Longer ones wait for the sweep.
PROVE_BYTES = 256 << 10
_CHUNK_BYTES = 1 << 20
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Copies that sync programs and people make stand under the name of the original and more:
# `x (1)`, `x copy 2`, `x (conflicted copy …)`, `x.sync-conflict-…`, `Copy of x`.
_COPIED_SESSION = re.compile(rf"(?:.*[^0-9a-zA-Z])?({_UUID.pattern})(?:[^0-9a-zA-Z].*)?", re.DOTALL)
# An agent's own name has no space, dot, bracket or tilde, and no computer's name in capitals.
_COPIED_AGENT = re.compile(
    r"(?:.* )?(agent-.+?)(?:[ .(\[~].*|_[^.]*[Cc]onflict.*|-[A-Z][A-Z0-9]{2,}(?:-[A-Z0-9]+)*)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a path says about the records in it."""

    project_id: str
    session_key: str
    stream: str
    source_file: str
    # Old agent files lie beside their session's file and name it only in their records.
    is_flat_agent: bool = False

    @property
    def is_of_limits(self) -> bool:
        """Whether status lines recorded it; its records name their session and folder."""
        return is_of_limits(self.stream)


# No stream of a transcript begins so: hosts and sessions have no such sign.
LIMITS = "@limits/"


def is_of_limits(stream: str) -> bool:
    """Whether a stream holds what status lines recorded: it is no part of any conversation."""
    return stream.startswith(LIMITS)


def place_of_limits(name: str, host: str) -> Place:
    """The place of a file that status lines of a machine write to."""
    stream = f"{LIMITS}{host}/{name}"
    return Place("statusline", stream, stream, f"{SPOOL_NAME}/{name}")


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def place_of(relative: PurePosixPath, root_name: str, host: str) -> Place:
    """The place of a file, from its path under a CLAUDE_DIR and that folder's name.

    The directory of a session's file is no part of its stream: the file moves between projects.
    """
    folders = relative.parts[:-1]
    project_id = folders[0] if folders else root_name
    source_file = relative.as_posix()
    name = relative.stem if relative.suffix == ".jsonl" else relative.name
    if relative.suffix == ".jsonl":
        name = _original(name)
    if is_uuid(name):
        return Place(project_id, name, name, source_file)
    session = next((part for part in map(_original, folders[1:]) if is_uuid(part)), None)
    if session is not None:
        return Place(project_id, session, f"{session}/{name}", source_file)
    inner = "/".join((*folders[1:], name))
    stream = f"{host}/{project_id}/{inner}"
    return Place(project_id, stream, stream, source_file, name.startswith("agent-"))


def _original(name: str) -> str:
    """The name of what this is a copy of: its session's, else without the copy's mark."""
    copied = _COPIED_SESSION.fullmatch(name)
    if copied and not name.startswith("agent-"):
        return copied[1]
    agent = _COPIED_AGENT.fullmatch(name)
    return agent[1] if agent else name


def stream_hash(stream: str) -> blake2b:
    """The part of every record's digest that its stream has in common."""
    return blake2b(stream.encode() + b"\0", digest_size=16)


def record_digest(stream: blake2b, record: bytes) -> bytes:
    """blake2b-128 of stream key, a zero byte and the record's own bytes."""
    digest = stream.copy()
    digest.update(record)
    return digest.digest()


def repeated_digest(stream: blake2b, record: bytes, repeat: int) -> bytes:
    """The digest of the record's n-th identical copy in its stream, n ≥ 1."""
    return record_digest(stream, record + b"\0" + str(repeat).encode())


def marker_before(descriptor: int, position: int) -> bytes:
    """Hash of the ≤ 1 KiB before the position: catches truncation, rewriting and inode reuse."""
    length = min(MARKER_BYTES, position)
    return blake2b(pread(descriptor, length, position - length), digest_size=16).digest()


def prefix_checksum(descriptor: int, end: int, start: int = 0, checksum: int = 0) -> int:
    """CRC-32 of the bytes up to `end`; it can be carried on from an earlier position."""
    while start < end:
        chunk = pread(descriptor, min(_CHUNK_BYTES, end - start), start)
        if not chunk:
            break
        checksum = crc32(chunk, checksum)
        start += len(chunk)
    return checksum
