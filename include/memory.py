"""Memory of large pieces of work: given back after them, and searched seldom during them."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# New containers between two runs of the cycle collector; what an agent reads at a time holds about
# as many.
_ALLOCATIONS = 100_000
# For work that has an end.
PASS_ALLOCATIONS = 2_000_000


def give_back() -> None:
    """Return freed memory to the system, which glibc would keep."""
    gc.collect()
    if sys.platform == "linux":
        # musl has no such function.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def few_collections(
    allocations: int = _ALLOCATIONS, older: tuple[int, int] | None = None
) -> Iterator[None]:
    """Run Python's cycle collector seldom while millions of values pass.

    Entries hold no cycles; with Python's own 700, the search for some is a sixth of the work.
    `older` are the thresholds of the older generations, where most values live to the end.
    """
    before = gc.get_threshold()
    gc.set_threshold(allocations, *(older or before[1:]))
    try:
        yield
    finally:
        gc.set_threshold(*before)
