"""Waiting for MongoDB no longer than the pulse takes to see that it does not answer."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from pymongo import timeout
from pymongo.errors import NetworkTimeout

from cca.dashboards.browser.live import Pulse

Answer = TypeVar("Answer")

_LOOK_SECONDS = 0.1
# So long anything may take, though MongoDB does not answer: it may be back, or only be slow.
_PATIENCE_SECONDS = 1.0


async def answered(pulse: Pulse, read: Callable[[], Answer]) -> Answer:
    """Reads in a thread; a hanging MongoDB would hold it for half a minute.

    Raises:
        PyMongoError: MongoDB does not answer, or says no.

    """
    began = time.monotonic()
    # Who asks again and again meanwhile must not take all threads.
    limit = None if pulse.is_reachable else _PATIENCE_SECONDS
    task = asyncio.ensure_future(asyncio.to_thread(_within, limit, read))
    while not task.done():
        await asyncio.wait({task}, timeout=_LOOK_SECONDS)
        is_late = time.monotonic() - began > _PATIENCE_SECONDS
        if not task.done() and is_late and not pulse.is_reachable:
            # Nobody waits for it, and nobody need be told how it ended.
            task.add_done_callback(lambda done: done.exception())
            raise NetworkTimeout("MongoDB does not answer")
    return task.result()


def _within(seconds: float | None, read: Callable[[], Answer]) -> Answer:
    with timeout(seconds):
        return read()
