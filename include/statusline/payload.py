"""What Claude Code writes to a status line's standard input, as far as it can be used.

The fields are those of https://code.claude.com/docs/en/statusline. Each may be missing:
`rate_limits` comes for subscribers only, and after the first response of a session.
"""

import json
from collections import namedtuple

MAX_BYTES = 1 << 20
_LONGEST_TEXT = 4096
_NO_OBJECT = "no JSON of Claude Code on standard input; `cca statusline --setup`, docs/limits.md"

# Of a plan's limit: percent used, 0 to 100, and the end of its window in seconds since 1970.
Limit = namedtuple("Limit", ("percentage", "resets_at"))  # noqa: PYI024  (typing takes 5 ms)

Payload = namedtuple(  # noqa: PYI024  (as above)
    "Payload",
    (
        "session_id", "cwd", "version", "model", "model_name", "cost_usd", "context_percentage",
        "context_tokens", "context_size", "five_hour", "seven_day",
    ),
)  # fmt: skip


def parse(raw: bytes) -> Payload:
    """Return what is known; a field of another type counts as missing.

    Raises: ValueError where it is no JSON object.
    """
    try:
        value = json.loads(raw.decode("utf-8", "replace"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ValueError(_NO_OBJECT)  # noqa: TRY004  (whatever else came)
    part = {name: _object(value, name) for name in ("model", "workspace", "cost", "context_window")}
    context, limits = part["context_window"], _object(value, "rate_limits")
    cwd = _text(part["workspace"], "project_dir") or _text(value, "cwd")
    model = part["model"]
    return Payload(
        _text(value, "session_id"),
        cwd,
        _text(value, "version"),
        _text(model, "id"),
        _text(model, "display_name") or _text(model, "id"),
        _number(part["cost"], "total_cost_usd"),
        _number(context, "used_percentage"),
        _number(context, "total_input_tokens"),
        _number(context, "context_window_size"),
        _limit(_object(limits, "five_hour")),
        _limit(_object(limits, "seven_day")),
    )


def _object(value: dict[str, object], name: str) -> dict[str, object]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: dict[str, object], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) and len(found) <= _LONGEST_TEXT else ""


def _number(value: dict[str, object], name: str) -> float | int | None:
    """Return a number that is one: no boolean, and neither infinite nor above 10 ** 15."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if abs(found) < 10**15 else None


def _limit(value: dict[str, object]) -> Limit | None:
    percentage, resets_at = _number(value, "used_percentage"), _number(value, "resets_at")
    if percentage is None or resets_at is None or percentage < 0:
        return None
    return Limit(percentage, int(resets_at))
