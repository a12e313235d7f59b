"""One follower per search directory; the kernel drops the lock when its process dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cca.errors import AlreadyRunning
from cca.locks import Taken, claimed
from cca.search.home import follower_lock_path


@contextmanager
def follower_lock(search_dir: Path) -> Iterator[None]:
    """Hold the follower's place, or raise AlreadyRunning with the holder's process id."""
    path = follower_lock_path(search_dir)
    try:
        with claimed(path):
            yield
    except Taken as taken:
        message = f"`cca follow` already runs (process {taken.note}) and holds {path}"
        raise AlreadyRunning(message) from None
