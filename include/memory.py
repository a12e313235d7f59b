"""Memory that a program took for a large piece of work and needs no more."""

import ctypes
import gc
import sys
from contextlib import suppress


def give_back() -> None:
    """Return freed memory to the system, which glibc would keep."""
    gc.collect()
    if sys.platform == "linux":
        # musl has no such function.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
