"""Rows without what a terminal would obey: names come from transcripts as texts do."""

from typing import Any

import orjson
import pyarrow as pa

from cca.transcript.terminal import plain
from cca.transcript.values import as_json

# How JSON writes ESC, and how UTF-8 writes the one-byte forms of its sequences.
_ESCAPES = (rb"\u001b", b"\xc2\x9b", b"\xc2\x9d", b"\xc2\x90")


def holds_escapes(entry_json: bytes) -> bool:
    """Tells whether an entry, as JSON, may hold a sequence that a terminal would obey."""
    return any(sign in entry_json for sign in _ESCAPES)


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
