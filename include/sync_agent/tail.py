"""Bytes to records: whole lines only, and what can be saved of damaged ones."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from cca.descriptors import pread

# What one transaction of the buffer takes at most.
BLOCK_BYTES = 1 << 20
BLOCK_LINES = 1000
# Past this length a line is no transcript record: its head goes to the dead letters.
MAX_LINE_BYTES = 256 << 20
DEAD_HEAD_BYTES = 64 << 10
# The standard library's parser, which reads entries back, gives up near 1,000 levels.
MAX_DEPTH = 900
# MongoDB takes documents of this many levels.
BSON_DEPTH = 100

# Digits become 0, both opening brackets { and the rest spaces: one fast search finds a number of 19
# digits, and one count the brackets.
_SHAPES = bytes(
    ord("0" if chr(code).isdecimal() else "{" if code in b"{[" else " ") for code in range(128)
).ljust(256)
_LONG_NUMBER = b"0" * 19
# A NUL or a dollar sign, escaped; and a reference of MongoDB's of which any letter may be.
_ESCAPED = re.compile(rb"\\u00(?:00|24)")
_REFERENCE = re.compile(rb'"\$(?:r|\\u0072)(?:e|\\u0065)(?:f|\\u0066)"')

_BOM = b"\xef\xbb\xbf"
_LATIN_BOM = _BOM.decode("latin-1")
_BLANK_OR_BOM = b" \t\r\n\x0b\x0c\0" + _BOM
_NUL_TO_SPACE = bytes.maketrans(b"\0", b" ")
# How entries begin; a record that was cut off is followed by one of these on its line.
_ENTRY_START = re.compile(
    r'\{\s*"(?:parentUuid|logicalParentUuid|type|isSidechain|sessionId|uuid|timestamp|cwd)"\s*:'
)
_ENVELOPE = ("uuid", "sessionId", "timestamp", "messageId", "leafUuid", "parentUuid")
_MAX_RESYNCS = 1000
_DECODER = json.JSONDecoder()


class Record(NamedTuple):
    """An entry, its own bytes, and where they lie in what was parsed."""

    start: int
    line: bytes
    entry: dict[str, Any]
    # BSON holds it as it is: no second look at encoding, depth, numbers and names.
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no entry, and why."""

    start: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of a file from a position: whole lines, a cut-off tail, or an over-long line."""

    data: bytes
    tail: bytes = b""
    skipped_bytes: int = 0


def read_block(descriptor: int, position: int) -> Block:
    """The next ≤ 1 MiB of whole lines, or one longer line; `tail` only when no line is left."""
    data = pread(descriptor, BLOCK_BYTES, position)
    end = data.rfind(b"\n") + 1
    if end:
        return Block(data[:end])
    if len(data) < BLOCK_BYTES:
        return Block(b"", tail=data)
    parts = [data]
    length = len(data)
    while length < MAX_LINE_BYTES:
        chunk = pread(descriptor, BLOCK_BYTES, position + length)
        end = chunk.find(b"\n") + 1
        parts.append(chunk[:end] if end else chunk)
        length += len(parts[-1])
        if end:
            return Block(b"".join(parts))
        if not chunk:
            return Block(b"", tail=b"".join(parts))
    return _skip_line(descriptor, position, length, data[:DEAD_HEAD_BYTES])


def _skip_line(descriptor: int, position: int, length: int, head: bytes) -> Block:
    """Go on to the line's end without keeping it; a line that has no end yet waits."""
    while chunk := pread(descriptor, BLOCK_BYTES, position + length):
        end = chunk.find(b"\n") + 1
        if end:
            return Block(head, skipped_bytes=length + end)
        length += len(chunk)
    return Block(b"")


def own_bytes(raw: bytes) -> bytes:
    """A record's own bytes: without byte order mark, NULs and outer whitespace."""
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
    raw = raw.strip()
    while raw.startswith(_BOM):
        raw = raw[3:].strip()
    return raw


def parse(line: bytes) -> Any:
    """The JSON value of the bytes; what only the standard library accepts is accepted too."""
    return _parse(line)[0]


def _parse(line: bytes) -> tuple[Any, bool]:
    """The value, and whether it is plain."""
    shape = line.translate(_SHAPES)
    try:
        value = orjson.loads(line)
        is_plain = not _is_odd(line, shape)
    except orjson.JSONDecodeError:
        is_plain = False
        try:
            value = json.loads(line.decode("utf-8", errors="replace"))
        except RecursionError:
            message = "nested too deeply"
            raise ValueError(message) from None
    brackets = shape.count(b"{")
    if brackets > MAX_DEPTH and depth_of(value) > MAX_DEPTH:
        message = "nested too deeply"
        raise ValueError(message)
    return value, is_plain and brackets <= BSON_DEPTH


def is_odd(line: bytes) -> bool:
    """Whether there may be a number too long for BSON, a name with NUL, or a reference in it."""
    return _is_odd(line, line.translate(_SHAPES))


def _is_odd(line: bytes, shape: bytes) -> bool:
    # Plain searches are fast, that for one byte most of all; few lines go past the first ones.
    return (
        _LONG_NUMBER in shape
        or (b"\\" in line and _ESCAPED.search(line) is not None)
        or (b"$" in line and _is_reference(line))
    )


def _is_reference(line: bytes) -> bool:
    return b'"$ref"' in line or (b"\\u00" in line and _REFERENCE.search(line) is not None)


def depth_of(value: Any) -> int:
    """How many objects and lists lie within each other."""
    level = [value]
    depth = 0
    while level:
        level = [item for item in level if isinstance(item, dict | list)]
        depth += bool(level)
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def pieces_of(raw: bytes) -> list[Record | Malformed]:
    """What a line holds: normally one record; several when records were spliced; none if blank."""
    is_bare = raw.startswith(b"{") and raw.endswith(b"}") and b"\0" not in raw
    line = raw if is_bare else own_bytes(raw)
    if not line:
        return []
    try:
        value, is_plain = _parse(line)
    except ValueError as error:
        return _saved_pieces(raw) or [Malformed(0, raw, f"not JSON: {error}"[:200])]
    if isinstance(value, dict):
        start = 0 if is_bare else len(raw) - len(raw.lstrip(_BLANK_OR_BOM))
        return [Record(start, line, value, is_plain)]
    return [Malformed(0, raw, f"not an object but {_json_name(value)}")]


def _json_name(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", str: "a string", list: "an array"}
    return names.get(type(value), "a number")


def _saved_pieces(raw: bytes) -> list[Record | Malformed]:
    """Records and broken stretches of a damaged line; empty when no record can be saved."""
    # Latin-1 keeps every byte one character, so positions in the text are positions in the file.
    text = raw.translate(_NUL_TO_SPACE).decode("latin-1")
    pieces: list[Record | Malformed] = []
    for start, end, is_record in _stretches(text):
        part = raw[start:end]
        line = own_bytes(part)
        value = _object_or_none(line) if is_record else None
        if value is not None:
            pieces.append(Record(start, line, value))
        elif line:
            pieces.append(Malformed(start, part, "cut-off record beside others on its line"))
    return pieces if any(isinstance(piece, Record) for piece in pieces) else []


def _object_or_none(line: bytes) -> dict[str, Any] | None:
    try:
        value = parse(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, is a record) of the stretches of a damaged line, in order."""
    position = 0
    while position < len(text):
        if text[position].isspace() or text.startswith(_LATIN_BOM, position):
            position += 3 if text.startswith(_LATIN_BOM, position) else 1
            continue
        end = _object_end(text, position)
        if end is None:
            end = _next_entry(text, position + 1)
            yield position, end, False
        else:
            yield position, end, True
        position = end


def _object_end(text: str, start: int) -> int | None:
    if text[start] != "{":
        return None
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None


def _next_entry(text: str, start: int) -> int:
    """Where the next whole entry begins, or the end of the text."""
    for count, match in enumerate(_ENTRY_START.finditer(text, start)):
        if count == _MAX_RESYNCS:
            break
        try:
            value = _DECODER.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue
        # A content block also begins with "type"; only an entry has a type and an envelope.
        if isinstance(value.get("type"), str) and any(key in value for key in _ENVELOPE):
            return match.start()
    return len(text)
