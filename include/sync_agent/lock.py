"""One agent per buffer: two would read every line twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cca.errors import AlreadyRunning


@contextmanager
def agent_lock(buffer_path: Path) -> Iterator[None]:
    """Hold the buffer's lock file; raises AlreadyRunning with the holder's process id."""
    path = buffer_path.with_name(buffer_path.name + ".lock")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            message = (
                f"a sync agent already works on {buffer_path} (process {holder}); "
                "wait for it, stop it, or set SQLITE_PATH to another buffer"
            )
            raise AlreadyRunning(message) from None
        os.ftruncate(descriptor, 0)
        # The number is for the sentence above only; a full disk speaks for itself, in its place.
        with suppress(OSError):
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
