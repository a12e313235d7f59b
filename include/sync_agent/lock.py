"""One agent per buffer: two would read every line twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cca.errors import AlreadyRunning
from cca.locks import Taken, claimed


@contextmanager
def agent_lock(buffer_path: Path) -> Iterator[None]:
    """Hold the buffer's lock file; raises AlreadyRunning with the holder's process id."""
    try:
        with claimed(buffer_path.with_name(buffer_path.name + ".lock")):
            yield
    except Taken as taken:
        message = (
            f"a sync agent already works on {buffer_path} (process {taken.note}); "
            "wait for it, stop it, or set SQLITE_PATH to another buffer"
        )
        raise AlreadyRunning(message) from None
