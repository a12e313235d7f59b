"""Locks on files: the kernel drops one when its process dies, however it dies.

`held` waits, `claimed` does not. Shared and exclusive holders meet on one lock, which the package
filelock cannot do, and the kernel wakes who waits. Windows knows no shared lock; only the embedded
MongoDB asks for one, and that does not run there.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LONGEST_NOTE = 400
# Windows hides locked bytes from readers, so the locked one lies behind every note.
_LOCKED_BYTE = 1 << 30
_POLL_SECONDS = 0.1


class Taken(Exception):
    """Somebody holds the lock; `note` is what they wrote into the file."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


@contextmanager
def held(path: Path, *, is_shared: bool = False, note: str = "") -> Iterator[None]:
    """Wait for the lock on a file and hold it: alone, or together with others that share it."""
    with _opened(path) as descriptor:
        _wait(descriptor, is_shared=is_shared)
        if note:
            _write(descriptor, note)
        yield


@contextmanager
def claimed(path: Path, note: str = "") -> Iterator[None]:
    """Hold the lock on a file, with a note in it: by default the id of this process.

    Raises:
        Taken: Another process holds it.

    """
    with _opened(path) as descriptor:
        if not _is_taken_at_once(descriptor):
            raise Taken(_read(descriptor))
        _write(descriptor, note or str(os.getpid()))
        yield


def holder(path: Path) -> str | None:
    """Return the note of whoever holds the lock; None where nobody does."""
    try:
        with _opened(path, os.O_RDONLY) as descriptor:
            return None if _is_taken_at_once(descriptor) else _read(descriptor)
    except FileNotFoundError:
        return None


@contextmanager
def _opened(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> Iterator[int]:
    if flags & os.O_CREAT:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, _LONGEST_NOTE).decode(errors="replace").strip() or "unknown"


def _write(descriptor: int, note: str) -> None:
    # A note helps a reader of a message; on a full disk the lock holds without one.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{note}\n".encode())


if sys.platform == "win32":

    def _wait(descriptor: int, *, is_shared: bool) -> None:  # noqa: ARG001  (no shared lock there)
        while not _is_taken_at_once(descriptor):
            time.sleep(_POLL_SECONDS)

    def _is_taken_at_once(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _wait(descriptor: int, *, is_shared: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)

    def _is_taken_at_once(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
