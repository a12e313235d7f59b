"""Rows without what a terminal would obey: names come from transcripts as texts do."""

from typing import Any

import orjson
import pyarrow as pa

from cca.transcript.terminal import plain
from cca.transcript.values import as_json

# What begins a sequence: ESC, and the one-byte forms of `ESC [`, `ESC ]` and `ESC P`.
_ESC, _ONE_BYTE_FORMS = "\x1b", ("\x9b", "\x9d", "\x90")
# The same in UTF-8, where all one-byte forms begin with one byte, and as orjson writes an ESC.
_ESC_BYTE, _FORMS_BYTE, _THREE_NULS = b"\x1b", b"\xc2", b"\0\0\0"
_FORMS_BYTES = tuple(form.encode() for form in _ONE_BYTE_FORMS)
_ESC_IN_JSON = b"\\u001b"


def holds_escapes(entry: dict[str, Any], bson: bytes | None = None) -> bool:
    """Tells whether an entry holds a sequence that a terminal would obey.

    `bson` is its document as stored, which answers faster for most. It must hold the entry itself
    and not the line that it was written in.
    """
    if bson is not None and not (_may_hold_esc(bson) or _may_hold_form(bson)):
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


def _may_hold_esc(bson: bytes) -> bool:
    """Tells whether there is an ESC that is not the length of a text of 26 bytes."""
    at = bson.find(_ESC_BYTE)
    while at >= 0:
        before = bson[at - 4 : at]
        # A length follows the NUL of a name. A text that is one ESC follows its own length, 2.
        is_length = bson[at + 1 : at + 4] == _THREE_NULS and before[-1:] == b"\0"
        if not is_length or before == b"\x02" + _THREE_NULS:
            return True
        at = bson.find(_ESC_BYTE, at + 1)
    return False


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
