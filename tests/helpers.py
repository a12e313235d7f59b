"""What the tests of several folders need: a free port, and waiting until something holds."""

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from cca.ports import is_free

T = TypeVar("T")
_FIRST_PORT, _BLOCK, _BLOCKS = 10_000, 1000, 9


def _ports() -> Iterator[int]:
    """Returns ports, each once, from a block that no other worker of the run takes from.

    The kernel gives none of them to a connection that goes out, as it does from 32768 (Linux) or
    49152 (macOS) on: a port found free there may be taken before the server of the test begins.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw8").removeprefix("gw"))  # noqa: TID251
    first = _FIRST_PORT + worker % _BLOCKS * _BLOCK
    # Another run on the same machine begins elsewhere.
    begin = random.randrange(_BLOCK)
    for number in itertools.count(begin):
        yield first + number % _BLOCK


_PORTS = _ports()


def free_port() -> int:
    """Returns a port of 127.0.0.1 on which nothing listens now, another one each time."""
    return next(port for port in _PORTS if is_free("127.0.0.1", port))


def eventually(condition: Callable[[], T], seconds: float = 60) -> T:
    """Asks until the condition holds and returns its answer; fails after that many seconds.

    It asks often at first, and twice a second where something takes long.
    """
    began = time.monotonic()
    while not (answer := condition()):
        waited = time.monotonic() - began
        assert waited < seconds, f"it did not happen within {seconds} seconds"
        time.sleep(min(0.02 + waited / 20, 0.5))
    return answer
