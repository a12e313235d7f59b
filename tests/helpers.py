"""What the tests of several folders need: a free port, and waiting until something holds."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def free_port() -> int:
    """Returns a port of 127.0.0.1 on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
