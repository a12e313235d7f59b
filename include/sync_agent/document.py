"""A record as a MongoDB document; where BSON cannot hold the entry faithfully, its line as well."""

import json
from datetime import datetime
from functools import lru_cache
from struct import Struct
from typing import Any

import orjson
from bson import Binary, encode
from bson.raw_bson import RawBSONDocument

from cca.masking import mask_value
from cca.sync_agent.preview import preview_of
from cca.sync_agent.tail import BSON_DEPTH, depth_of, is_odd, parse
from cca.sync_agent.values import Body, Entry
from cca.transcript.entry import OWN_FIELDS

Document = dict[str, Any]

# Left under MongoDB's 16 MB for the document around the line; above, the line goes to GridFS.
RAW_LINE_BYTES = 15 << 20
_INT64 = range(-(1 << 63), 1 << 63)
_INT32_RANGE = range(-(1 << 31), 1 << 31)
_INT32, _INT64_BYTES = Struct("<i").pack, Struct("<q").pack
# Types and names of fields as BSON writes them: a string, an int, a long and a time.
_ID, _PREVIEW = b"\x02_id\0", b"\x02preview\0"
_OFFSET, _LONG_OFFSET, _EVENT_AT = b"\x10sourceOffset\0", b"\x12sourceOffset\0", b"\x09eventAt\0"
# The size before the fields, and the zero behind them.
_FRAME_BYTES = 4 + 1
_SCALARS = ("type", "subtype", "uuid", "timestamp", "sessionId")
_SAFE_CHARACTERS = 200


def document_of(entry: Entry, host: str, ingested_at: datetime) -> RawBSONDocument:
    """The document of an entry, encoded: our fields, then the entry's own as written."""
    if len(entry.line) > RAW_LINE_BYTES:
        return big_document_of(entry, host, ingested_at)
    body = entry.body
    if body is None:
        value = _faithful(entry.line)
        body = None if value is None else body_of(entry.line, value)
    if body is None:
        return raw_document_of(entry, host, ingested_at)
    return _joined(entry, host, ingested_at, body)


def body_of(line: bytes, value: Document) -> Body | None:
    """What a parsed line adds to its document; None where the line itself must be kept."""
    if len(line) > RAW_LINE_BYTES or not value.keys().isdisjoint(OWN_FIELDS):
        return None
    return Body(preview_of(value), _elements(value))


def masked(entry: Entry) -> Entry:
    """The entry with its secrets masked, under the `_id` of what was written."""
    value = parse(entry.line)
    clean = mask_value(value)
    return entry if clean == value else entry._replace(line=json.dumps(clean).encode(), body=None)


def raw_document_of(entry: Entry, host: str, ingested_at: datetime) -> RawBSONDocument:
    """The document with the line itself, and the plain scalars that queries need."""
    try:
        line: str | Binary = entry.line.decode()
    except UnicodeDecodeError:
        line = Binary(entry.line)
    return _joined(entry, host, ingested_at, _scalars_of(entry, {"rawLine": line}))


def big_document_of(entry: Entry, host: str, ingested_at: datetime) -> RawBSONDocument:
    """The document of a line too long for one: `rawFile` names the line's GridFS file."""
    return _joined(entry, host, ingested_at, _scalars_of(entry, {"rawFile": entry.entry_id}))


def _scalars_of(entry: Entry, more: Document) -> Body:
    value = parse(entry.line)
    preview = preview_of(value).encode(errors="replace").decode()
    scalars = {name: value[name] for name in _SCALARS if _is_safe(value.get(name))}
    return Body(preview, _elements(scalars | more))


def _joined(entry: Entry, host: str, ingested_at: datetime, body: Body) -> RawBSONDocument:
    """Put a document together from bytes: a dict of our fields would be half of all encoding."""
    offset, entry_id, preview = entry.source_offset, entry.entry_id.encode(), body.preview.encode()
    before, behind = _file_elements(
        entry.stream, entry.generation, entry.project_id,
        entry.session_key, entry.source_file, host,
    )  # fmt: skip
    head = b"".join((
        _ID, _INT32(len(entry_id) + 1), entry_id, b"\0",
        before,
        _OFFSET + _INT32(offset) if offset in _INT32_RANGE else _LONG_OFFSET + _INT64_BYTES(offset),
        behind,
        _EVENT_AT, _INT64_BYTES(entry.event_ms),
        _arrival(ingested_at),
        _PREVIEW, _INT32(len(preview) + 1), preview, b"\0",
    ))  # fmt: skip
    size = len(head) + len(body.elements) + _FRAME_BYTES
    return RawBSONDocument(b"".join((_INT32(size), head, body.elements, b"\0")))


@lru_cache(maxsize=256)
def _file_elements(  # noqa: PLR0913  (all that the records of a file have in common)
    stream: str, generation: int, project_id: str, session_key: str, source_file: str, host: str
) -> tuple[bytes, bytes]:
    """What stands before the offset and behind it."""
    behind = {"projectId": project_id, "sessionKey": session_key, "sourceFile": source_file}
    return (
        _elements({"stream": stream, "generation": generation}),
        _elements(behind | {"host": host}),
    )


@lru_cache(maxsize=4)
def _arrival(ingested_at: datetime) -> bytes:
    return _elements({"ingestedAt": ingested_at})


def _elements(fields: Document) -> bytes:
    """The fields in BSON, without the length before them and the end."""
    return encode(fields)[4:-1]


def _is_safe(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _SAFE_CHARACTERS and value.isprintable()


def _faithful(line: bytes) -> Document | None:
    """The entry, where BSON gives it back the same; looked into only where the line hints."""
    try:
        value: Document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if line.count(b"{") + line.count(b"[") > BSON_DEPTH and depth_of(value) > BSON_DEPTH:
        return None
    # orjson turns integers over 64 bits into floats, so the other parser must look.
    if is_odd(line) and _has_odd_values(json.loads(line)):
        return None
    return value


def _has_odd_values(value: Any) -> bool:
    """Whether there are NUL or DBRef keys, integers over 64 bits, or too many levels."""
    if depth_of(value) > BSON_DEPTH:
        return True
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if any("\0" in key for key in item) or ("$ref" in item and "$id" in item):
                return True
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, int) and item not in _INT64:
            return True
    return False
