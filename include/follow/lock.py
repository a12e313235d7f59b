"""One follower per search directory; the kernel drops the lock when its process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cca.errors import AlreadyRunning


@contextmanager
def follower_lock(search_dir: Path) -> Iterator[None]:
    """Hold the follower's place, or raise AlreadyRunning with the holder's process id."""
    search_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = search_dir / "follow.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            message = f"`cca follow` already runs (process {holder}) and holds {path}"
            raise AlreadyRunning(message) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
