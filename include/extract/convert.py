"""A MongoDB document to typed rows: one pass, tolerant; what cannot be placed is a reject."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from bson import json_util

from cca.entries import entry_of
from cca.extract.blocks import PLACE_WIDTH, blocks_of, rows_of, text_of
from cca.extract.details import details_of
from cca.extract.values import count, json_bytes, mapping, moment
from cca.records import CONVERSATIONS, REJECTS

# entry type: the field that holds what it says
_SAYS = {
    "ai-title": "aiTitle",
    "custom-title": "customTitle",
    "agent-name": "agentName",
    "summary": "summary",
    "last-prompt": "lastPrompt",
    "queue-operation": "content",
    "system": "content",
    "pr-link": "prUrl",
}


Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a document becomes, in the order of cca.records: an entry with blocks, or a reject.

    Values are as written where only the column's conversion can tell their type.
    """

    day: date
    conversation: Row | None
    blocks: list[Row]
    reject: Row | None = None


def convert(document: Mapping[str, Any]) -> Rows:
    """Rows of cca.records from a document; never raises on what a transcript may hold."""
    try:
        place = _place(document)
        if "rawFile" in document and "rawLine" not in document:
            raise ValueError(f"its line {document['rawFile']} is not in GridFS")  # noqa: TRY301
        entry = entry_of(document)
        blocks = blocks_of(entry)
        row = _entry_row(document["sourceFile"], entry, blocks)
        if not blocks:
            return Rows(place[DAY], (*place, *row), [])
        shared = (
            *place, row[_UUID], row[_TIMESTAMP], row[_MESSAGE_ID], row[_ROLE], row[_AGENT_ID],
            row[_IS_SIDECHAIN],
        )  # fmt: skip
        return Rows(place[DAY], (*place, *row), rows_of(entry, blocks, shared))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        reject = _reject(document, f"{type(error).__name__}: {error}")
        return Rows(reject[_REJECT_DAY], None, [], reject)


DAY = CONVERSATIONS.get_field_index("date")
_REJECT_DAY = REJECTS.get_field_index("date")
_UUID, _TIMESTAMP, _MESSAGE_ID, _ROLE, _AGENT_ID, _IS_SIDECHAIN = (
    CONVERSATIONS.get_field_index(name) - PLACE_WIDTH
    for name in ("uuid", "timestamp", "message_id", "role", "agent_id", "is_sidechain")
)


def _place(document: Mapping[str, Any]) -> Row:
    event_at = document["eventAt"]
    return (
        document["_id"],
        document["projectId"],
        document["sessionKey"],
        document["stream"],
        document["generation"],
        document["sourceOffset"],
        document["sourceFile"],
        document["host"],
        document["ingestedAt"],
        event_at,
        event_at.date(),
    )


def _entry_row(source_file: str, entry: dict[str, Any], blocks: list[Any]) -> Row:
    get = entry.get
    kind = get("type")
    kind = kind if isinstance(kind, str) else None
    # a progress entry carries a whole record of its subagent; its usage exists nowhere else
    inner = mapping(mapping(get("data")).get("message")) if kind == "progress" else entry
    message = mapping(inner.get("message"))
    agent_id = inner.get("agentId")
    return (
        kind,
        get("subtype") or mapping(get("attachment")).get("type"),
        get("uuid"),
        get("parentUuid"),
        get("sessionId"),
        moment(get("timestamp")),
        _role(kind, message),
        message.get("id"),
        inner.get("requestId"),
        message.get("model"),
        message.get("stop_reason"),
        *_usage(message, entry),
        count(get("apiBlockIndex")),
        get("cwd"),
        get("gitBranch"),
        get("version"),
        get("entrypoint"),
        get("isSidechain") is True,
        get("isMeta") is True,
        get("isCompactSummary") is True,
        get("isApiErrorMessage") is True,
        agent_id if agent_id and isinstance(agent_id, str) else _agent_of(source_file),
        get("promptId"),
        get("promptSource"),
        mapping(get("origin")).get("kind"),
        get("permissionMode"),
        _says(kind, entry, blocks),
        details_of(kind, entry),
        json_bytes(entry),
    )


def _role(kind: str | None, message: dict[str, Any]) -> str | None:
    """As the type says; the oldest logs have `message`, or no type, and the role inside."""
    role = message.get("role") if kind in {None, "message"} else kind
    return role if isinstance(role, str) and role in {"user", "assistant"} else None


def _usage(message: dict[str, Any], entry: dict[str, Any]) -> Row:
    usage = message.get("usage")
    is_final = message.get("stop_reason") is not None
    result = entry.get("toolUseResult")
    searched = result.get("searchCount") if isinstance(result, dict) else None
    if not isinstance(usage, dict):
        return (False, *_NO_TOKENS, count(searched), None, None, is_final)
    split = mapping(usage.get("cache_creation"))
    in_usage = mapping(usage.get("server_tool_use")).get("web_search_requests")
    return (
        True,
        count(usage.get("input_tokens")),
        count(usage.get("output_tokens")),
        count(usage.get("cache_creation_input_tokens")),
        count(split.get("ephemeral_5m_input_tokens")),
        count(split.get("ephemeral_1h_input_tokens")),
        count(usage.get("cache_read_input_tokens")),
        count(mapping(usage.get("output_tokens_details")).get("thinking_tokens")),
        count(searched if in_usage is None else in_usage),
        usage.get("service_tier"),
        usage.get("speed"),
        is_final or bool(usage.get("iterations")),
    )


_NO_TOKENS = (None,) * 7


def _says(kind: str | None, entry: dict[str, Any], blocks: list[Any]) -> Any:
    if kind == "attachment":
        prompt = mapping(entry.get("attachment")).get("prompt")
        return text_of(prompt) if isinstance(prompt, list) else prompt
    if kind in _SAYS:
        value = entry.get(_SAYS[kind])
        return text_of(value) if isinstance(value, list) else value
    return text_of(blocks) if blocks else None


@lru_cache(maxsize=1024)
def _agent_of(source_file: str) -> str | None:
    stem = PurePosixPath(source_file).stem
    return stem.removeprefix("agent-") if stem.startswith("agent-") else None


def _reject(document: Mapping[str, Any], reason: str) -> Row:
    now = datetime.now(UTC).replace(tzinfo=None)
    ingested_at = document.get("ingestedAt")
    event_at = document.get("eventAt")
    ingested_at = ingested_at if isinstance(ingested_at, datetime) else now
    event_at = event_at if isinstance(event_at, datetime) else ingested_at
    return (
        str(document.get("_id")), ingested_at, event_at, event_at.date(), reason,
        json_util.dumps(document),
    )  # fmt: skip
