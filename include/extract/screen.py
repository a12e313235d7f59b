"""Rows without what a terminal would obey: names come from transcripts as texts do."""

from typing import Any

import orjson
import pyarrow as pa

from cca.transcript.terminal import plain
from cca.transcript.values import as_json

# What begins a sequence: ESC, and the one-byte forms of `ESC [`, `ESC ]` and `ESC P`.
_ESC, _ONE_BYTE_FORMS = "\x1b", ("\x9b", "\x9d", "\x90")
# The same in UTF-8, where all one-byte forms begin with one byte, and as orjson writes an ESC.
_ESC_BYTE, _FORMS_BYTE = b"\x1b", b"\xc2"
_FORMS_BYTES = tuple(form.encode() for form in _ONE_BYTE_FORMS)
_ESC_IN_JSON = b"\\u001b"


def holds_escapes(entry: dict[str, Any], bson: bytes | None = None) -> bool:
    """Tells whether an entry holds a sequence that a terminal would obey.

    `bson` is its document as stored, which answers faster for most. It must hold the entry itself
    and not the line that it was written in.
    """
    if bson is not None and not (_ESC_BYTE in bson or _may_hold_form(bson)):
        return False
    try:
        written = orjson.dumps(entry)
    except (TypeError, ValueError):
        return _holds(entry)
    # An ESC in the BSON is mostly part of a number.
    return (_ESC_IN_JSON in written or _may_hold_form(written)) and _holds(entry)


def _holds(entry: dict[str, Any]) -> bool:
    waiting: list[Any] = [entry]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _ESC in value or (
                not value.isascii() and any(form in value for form in _ONE_BYTE_FORMS)
            ):
                return True
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _may_hold_form(utf8: bytes) -> bool:
    return _FORMS_BYTE in utf8 and any(form in utf8 for form in _FORMS_BYTES)


def as_on_a_screen(row: tuple[Any, ...], schema: pa.Schema) -> tuple[Any, ...]:
    """Returns the last columns of a schema with texts as they stood on a screen, in JSON too."""
    names = schema.names[-len(row) :]
    return tuple(
        _plain(value, is_json=name.endswith("_json")) if isinstance(value, str) else value
        for name, value in zip(names, row, strict=True)
    )


def _plain(text: str, *, is_json: bool) -> str:
    if not is_json:
        return plain(text)
    try:
        return as_json(_read(orjson.loads(text)))
    except (ValueError, RecursionError):
        return plain(text)


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return {_read(name): _read(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_read(one) for one in value]
    return plain(value) if isinstance(value, str) else value
