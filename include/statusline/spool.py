"""Appends what a status line got to a file that the sync agent reads, when a value changed.

Each session compares with its own last line: an idle session repeats limits that others have
passed. Nothing else is remembered, so two sessions at once need no lock; a line is one write.
"""

import json
import os
from time import gmtime, strftime

from cca.descriptors import BINARY, pread
from cca.home import SPOOL_NAME
from cca.statusline.payload import Limit, Payload

# The cost moves with every response: alone it is recorded at most so often.
COST_SECONDS = 60
# Where a session's last line is looked for; older than this it is written again, which is no harm.
_TAIL_BYTES = 32 << 10


def record(home: str, payload: Payload, now: float) -> bool:
    """Append the values unless they are those of the session's last line; tells whether it did.

    `now` is in seconds since 1970.

    Raises: OSError where the file cannot be written.
    """
    if not payload.session_id:
        return False
    folder = os.path.join(home, SPOOL_NAME)  # noqa: PTH118  (pathlib takes 10 ms)
    path = os.path.join(folder, strftime("limits-%Y-%m.jsonl", gmtime(now)))  # noqa: PTH118
    entry = _entry(payload, now)
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | BINARY
    descriptor = os.open(path, flags, 0o600)
    try:
        if not _is_news(entry, _last(descriptor, payload.session_id), now):
            return False
        os.write(descriptor, json.dumps(entry, separators=(",", ":")).encode() + b"\n")
    finally:
        os.close(descriptor)
    return True


def _entry(payload: Payload, now: float) -> dict[str, object]:
    milliseconds = int(now * 1000) % 1000
    values = {
        "type": "limits",
        "timestamp": strftime("%Y-%m-%dT%H:%M:%S", gmtime(now)) + f".{milliseconds:03d}Z",
        "sessionId": payload.session_id,
        "cwd": payload.cwd,
        "version": payload.version,
        "model": payload.model,
        "costUsd": payload.cost_usd,
        "contextPercentage": payload.context_percentage,
        "contextTokens": payload.context_tokens,
        "contextSize": payload.context_size,
        "fiveHour": _limit(payload.five_hour),
        "sevenDay": _limit(payload.seven_day),
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _limit(limit: Limit | None) -> dict[str, float | int] | None:
    return limit and {"usedPercentage": limit.percentage, "resetsAt": limit.resets_at}


def _is_news(entry: dict[str, object], last: dict[str, object] | None, now: float) -> bool:
    if last is None or any(_rounded(entry, name) != _rounded(last, name) for name in _TELLING):
        return True
    if entry.get("costUsd") == last.get("costUsd"):
        return False
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(now - COST_SECONDS)) >= str(last["timestamp"])


_TELLING = ("fiveHour", "sevenDay", "contextPercentage", "model")


def _rounded(entry: dict[str, object], name: str) -> object:
    """Return a value to compare: percentages to a tenth, ends of windows to a minute."""
    value = entry.get(name)
    if isinstance(value, dict):
        percentage, resets_at = value.get("usedPercentage"), value.get("resetsAt")
        return (round(float(percentage or 0), 1), round(int(resets_at or 0) / 60))
    return round(value) if isinstance(value, float) else value


def _last(descriptor: int, session_id: str) -> dict[str, object] | None:
    """Return the session's last line, if it is near the end of the file."""
    size = os.fstat(descriptor).st_size
    tail = pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    for line in reversed(tail.split(b"\n")):
        if session_id.encode() not in line:
            continue
        try:
            found = json.loads(line)
            if found["sessionId"] == session_id and found["timestamp"]:
                return dict(found)
        except (ValueError, KeyError, TypeError):
            # The first line of the tail is cut off; a crash may have cut off another.
            continue
    return None
