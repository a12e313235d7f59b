"""Typed values out of JSON that may hold anything: what does not fit is None, never an error."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson

# no answer and no search counts higher: a larger number is damage, and would spoil every sum
_LARGEST_COUNT = 10**9
# milliseconds of the years 2001 to 2286: anything else that is a number is no timestamp
_FIRST_EPOCH_MS, _LAST_EPOCH_MS = 10**12, 10**13
# a clock that is further off tells nothing, and its days cannot be drawn
_YEARS = range(2000, 2200)


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
    """A count that can be true; a larger, negative or fractional number is None."""
    if type(value) is float and value.is_integer():
        value = int(value)
    # by its exact type: a bool is none, and nothing else is as cheap where most are counts
    return value if type(value) is int and 0 <= value <= _LARGEST_COUNT else None


def integer(value: Any) -> int | None:
    """An integer that a 64-bit column can hold."""
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return value if is_one and abs(value) < 2**63 else None


def moment(value: Any) -> datetime | None:
    """An ISO time (without a zone it is UTC) or epoch milliseconds, in UTC; None if absurd."""
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            parsed = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        elif isinstance(value, int) and _FIRST_EPOCH_MS <= value < _LAST_EPOCH_MS:
            parsed = datetime.fromtimestamp(value / 1000, UTC)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return parsed if parsed.year in _YEARS else None


def as_json(value: Any) -> str:
    """JSON text that any engine reads: no lone surrogates, keys as written."""
    return json_bytes(value).decode()


def json_bytes(value: Any) -> bytes:
    """The same as UTF-8."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        # integers over 64 bits, lone surrogates, deep nesting: slower and more lenient
        return mended(json.dumps(value, ensure_ascii=False)).encode()
