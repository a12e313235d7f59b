"""Typed values out of JSON that may hold anything: what does not fit is None, never an error."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson

_INT64_MAX = 2**63 - 1
# milliseconds of the years 2001 to 2286: anything else that is a number is no timestamp
_FIRST_EPOCH_MS, _LAST_EPOCH_MS = 10**12, 10**13


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def string(value: Any) -> str | None:
    """A string without lone surrogates, which no store beyond JSON can hold."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() else mended(value)


def mended(text: str) -> str:
    """The text with each lone surrogate as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def count(value: Any) -> int | None:
    """A count that a 64-bit column can hold."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _INT64_MAX:
        return value
    return None


def small_count(value: Any) -> int | None:
    """A count that a 32-bit column can hold."""
    number = count(value)
    return number if number is not None and number < 2**31 else None


def moment(value: Any) -> datetime | None:
    """An ISO time (without a zone it is UTC) or epoch milliseconds, in UTC."""
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if isinstance(value, int) and _FIRST_EPOCH_MS <= value < _LAST_EPOCH_MS:
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError):
        return None
    return None


def as_json(value: Any) -> str:
    """JSON text that any engine reads: no lone surrogates, keys as written."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        # integers over 64 bits, lone surrogates, deep nesting: slower and more lenient
        return mended(json.dumps(value, ensure_ascii=False))
