"""Waiting for something to become true."""

from collections.abc import Callable

_POLL_SECONDS = 0.05


def wait_until(
    condition: Callable[[], bool], timeout_seconds: float, *, poll_seconds: float = _POLL_SECONDS
) -> bool:
    """Ask until the condition is true; return whether it became true in time."""
    if condition():
        return True
    from tenacity import (  # noqa: PLC0415  (it imports tornado; mostly nobody has to wait)
        RetryError,
        Retrying,
        retry_if_result,
        stop_after_delay,
        wait_fixed,
    )

    retrying = Retrying(
        retry=retry_if_result(lambda is_true: not is_true),
        stop=stop_after_delay(timeout_seconds),
        wait=wait_fixed(poll_seconds),
    )
    try:
        return bool(retrying(condition))
    except RetryError:
        return False
