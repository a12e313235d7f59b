"""Typed values out of JSON that may hold anything: what does not fit is None, never an error."""

import json
import re
from typing import Any

import orjson

# No answer and no search counts higher: a larger number is damage, and would spoil every sum.
_LARGEST_COUNT = 10**9
_COUNT_CHARACTERS = 20
# A fraction of nothing, and an exponent, come from programs that know no whole numbers.
_WHOLE = re.compile(r"\+?(\d+)(?:\.0*)?(?:[eE]\+?(\d{1,2}))?")


def mapping(value: Any) -> dict[str, Any]:
    """Returns the value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def string(value: Any) -> str | None:
    """Returns a string without lone surrogates, which no store beyond JSON can hold."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() else mended(value)


def mended(text: str) -> str:
    """Returns the text with each lone surrogate as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def count(value: Any) -> int | None:
    """Returns a count that can be true; a larger, negative or fractional number is None.

    Some gateways write counts as text.
    """
    # By its exact type: a bool is none, and nothing else is as cheap where most are counts.
    if type(value) is not int and (value is None or (value := _whole(value)) is None):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _whole(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if not isinstance(value, str) or len(value) > _COUNT_CHARACTERS or not value.isascii():
        return None
    found = _WHOLE.fullmatch(value.strip())
    return int(found[1]) * 10 ** int(found[2] or 0) if found else None


def integer(value: Any) -> int | None:
    """Returns an integer that a 64-bit column can hold."""
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return value if is_one and abs(value) < 2**63 else None


def as_json(value: Any) -> str:
    """Returns JSON text that any engine reads: no lone surrogates, keys as written."""
    return json_bytes(value).decode()


def json_bytes(value: Any) -> bytes:
    """Returns the same as UTF-8."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        # Integers over 64 bits, lone surrogates, deep nesting: slower and more lenient.
        return mended(json.dumps(value, ensure_ascii=False)).encode()
