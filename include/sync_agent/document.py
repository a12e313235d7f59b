"""A record as a MongoDB document; where BSON cannot hold the entry faithfully, its line as well."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from bson import Binary

from cca.masking import mask_value
from cca.sync_agent.preview import preview_of
from cca.sync_agent.tail import BSON_DEPTH, depth_of, is_odd, parse
from cca.sync_agent.values import Entry
from cca.transcript.entry import OWN_FIELDS

Document = dict[str, Any]

# Left under MongoDB's 16 MB for the document around the line; above, the line goes to GridFS.
RAW_LINE_BYTES = 15 << 20
_INT64 = range(-(1 << 63), 1 << 63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCALARS = ("type", "subtype", "uuid", "timestamp", "sessionId")
_SAFE_CHARACTERS = 200


def document_of(entry: Entry, host: str, ingested_at: datetime) -> Document:
    """The document of an entry: our fields, then the entry's own as written."""
    if len(entry.line) > RAW_LINE_BYTES:
        return big_document_of(entry, host, ingested_at)
    value = entry.value or _faithful(entry.line)
    if value is None or not value.keys().isdisjoint(OWN_FIELDS):
        return raw_document_of(entry, host, ingested_at)
    document = _own_fields(entry, host, ingested_at)
    document["preview"] = preview_of(value)
    document.update(value)
    return document


def masked(entry: Entry) -> Entry:
    """The entry with its secrets masked, under the `_id` of what was written."""
    value = parse(entry.line) if entry.value is None else entry.value
    clean = mask_value(value)
    if clean == value:
        return entry
    return entry._replace(line=json.dumps(clean).encode(), value=None)


def raw_document_of(entry: Entry, host: str, ingested_at: datetime) -> Document:
    """The document with the line itself, and the plain scalars that queries need."""
    document = _scalar_document(entry, host, ingested_at)
    try:
        document["rawLine"] = entry.line.decode()
    except UnicodeDecodeError:
        document["rawLine"] = Binary(entry.line)
    return document


def big_document_of(entry: Entry, host: str, ingested_at: datetime) -> Document:
    """The document of a line too long for one: `rawFile` names the line's GridFS file."""
    return _scalar_document(entry, host, ingested_at) | {"rawFile": entry.entry_id}


def _own_fields(entry: Entry, host: str, ingested_at: datetime) -> Document:
    return {
        "_id": entry.entry_id,
        "stream": entry.stream,
        "generation": entry.generation,
        "sourceOffset": entry.source_offset,
        "projectId": entry.project_id,
        "sessionKey": entry.session_key,
        "sourceFile": entry.source_file,
        "host": host,
        "eventAt": _EPOCH + timedelta(milliseconds=entry.event_ms),
        "ingestedAt": ingested_at,
        "preview": "",
    }


def _scalar_document(entry: Entry, host: str, ingested_at: datetime) -> Document:
    document = _own_fields(entry, host, ingested_at)
    value = parse(entry.line)
    preview = preview_of(value)
    document["preview"] = preview.encode(errors="replace").decode()
    return document | {name: value[name] for name in _SCALARS if _is_safe(value.get(name))}


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
