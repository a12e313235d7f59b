"""A MongoDB document to typed rows: one pass, tolerant; what cannot be placed is a reject."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from bson import json_util

from include.entries import entry_of
from include.extract.blocks import Row, blocks_of, rows_of, text_of
from include.extract.details import details_of
from include.extract.values import as_json, count, mapping, moment, small_count, string

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


@dataclass(frozen=True)
class Rows:
    """What one document becomes: an entry with its blocks, or a reject."""

    conversation: Row | None
    blocks: list[Row]
    reject: Row | None = None


def convert(document: Mapping[str, Any]) -> Rows:
    """Rows of include.records from a document; never raises on what a transcript may hold."""
    try:
        place = _place(document)
        entry = entry_of(document)
        blocks = blocks_of(entry)
        row = place | _entry_row(document, entry, blocks)
        shared = (
            place | {key: row[key] for key in _SHARED_WITH_BLOCKS} | {"entry_uuid": row["uuid"]}
        )
        return Rows(row, [shared | block for block in rows_of(entry, blocks)])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        return Rows(None, [], _reject(document, f"{type(error).__name__}: {error}"))


_SHARED_WITH_BLOCKS = ("timestamp", "message_id", "role", "agent_id", "is_sidechain")


def _place(document: Mapping[str, Any]) -> Row:
    event_at = document["eventAt"]
    return {
        "_id": document["_id"],
        "project_id": document["projectId"],
        "session_id": document["sessionKey"],
        "stream": document["stream"],
        "generation": document["generation"],
        "source_offset": document["sourceOffset"],
        "source_file": document["sourceFile"],
        "host": document["host"],
        "ingested_at": document["ingestedAt"],
        "event_at": event_at,
        "date": event_at.date(),
    }


def _entry_row(document: Mapping[str, Any], entry: dict[str, Any], blocks: list[Any]) -> Row:
    kind = string(entry.get("type"))
    # a progress entry carries a whole record of its subagent; its usage exists nowhere else
    inner = mapping(mapping(entry.get("data")).get("message")) if kind == "progress" else entry
    message = mapping(inner.get("message"))
    return {
        "type": kind,
        "subtype": string(entry.get("subtype") or mapping(entry.get("attachment")).get("type")),
        "uuid": string(entry.get("uuid")),
        "parent_uuid": string(entry.get("parentUuid")),
        "entry_session_id": string(entry.get("sessionId")),
        "timestamp": moment(entry.get("timestamp")),
        "role": _role(kind, message),
        "message_id": string(message.get("id")),
        "request_id": string(inner.get("requestId")),
        "model": string(message.get("model")),
        "stop_reason": string(message.get("stop_reason")),
        **_usage(message, entry),
        "api_block_index": small_count(entry.get("apiBlockIndex")),
        "cwd": string(entry.get("cwd")),
        "git_branch": string(entry.get("gitBranch")),
        "version": string(entry.get("version")),
        "entrypoint": string(entry.get("entrypoint")),
        "is_sidechain": entry.get("isSidechain") is True,
        "is_meta": entry.get("isMeta") is True,
        "is_compact_summary": entry.get("isCompactSummary") is True,
        "is_api_error": entry.get("isApiErrorMessage") is True,
        "agent_id": string(inner.get("agentId")) or _agent_of(document["sourceFile"]),
        "prompt_id": string(entry.get("promptId")),
        "prompt_source": string(entry.get("promptSource")),
        "origin_kind": string(mapping(entry.get("origin")).get("kind")),
        "permission_mode": string(entry.get("permissionMode")),
        "text": _says(kind, entry, blocks),
        "details_json": details_of(kind, entry),
        "entry_json": as_json(entry),
    }


def _role(kind: str | None, message: dict[str, Any]) -> str | None:
    if kind in {"user", "assistant"}:
        return kind
    role = message.get("role")
    return role if kind == "message" and role in {"user", "assistant"} else None


def _usage(message: dict[str, Any], entry: dict[str, Any]) -> Row:
    usage = message.get("usage")
    values = mapping(usage)
    split = mapping(values.get("cache_creation"))
    searched = mapping(values.get("server_tool_use")).get("web_search_requests")
    if searched is None:
        searched = mapping(entry.get("toolUseResult")).get("searchCount")
    return {
        "has_usage": isinstance(usage, dict),
        "input_tokens": count(values.get("input_tokens")),
        "output_tokens": count(values.get("output_tokens")),
        "cache_creation_tokens": count(values.get("cache_creation_input_tokens")),
        "cache_write_5m_tokens": count(split.get("ephemeral_5m_input_tokens")),
        "cache_write_1h_tokens": count(split.get("ephemeral_1h_input_tokens")),
        "cache_read_tokens": count(values.get("cache_read_input_tokens")),
        "thinking_tokens": count(
            mapping(values.get("output_tokens_details")).get("thinking_tokens")
        ),
        "web_search_requests": count(searched),
        "service_tier": string(values.get("service_tier")),
        "speed": string(values.get("speed")),
        "is_usage_final": message.get("stop_reason") is not None or bool(values.get("iterations")),
    }


def _says(kind: str | None, entry: dict[str, Any], blocks: list[Any]) -> str | None:
    if kind == "attachment":
        prompt = mapping(entry.get("attachment")).get("prompt")
        return text_of(prompt) if isinstance(prompt, list) else string(prompt)
    if kind in _SAYS:
        value = entry.get(_SAYS[kind])
        return text_of(value) if isinstance(value, list) else string(value)
    return text_of(blocks)


def _agent_of(source_file: str) -> str | None:
    stem = PurePosixPath(source_file).stem
    return stem.removeprefix("agent-") if stem.startswith("agent-") else None


def _reject(document: Mapping[str, Any], reason: str) -> Row:
    now = datetime.now(UTC)
    ingested_at = document.get("ingestedAt")
    event_at = document.get("eventAt")
    ingested_at = ingested_at if isinstance(ingested_at, datetime) else now
    event_at = event_at if isinstance(event_at, datetime) else ingested_at
    return {
        "_id": str(document.get("_id")),
        "ingested_at": ingested_at,
        "event_at": event_at,
        "date": event_at.date(),
        "reason": reason,
        "document_json": json_util.dumps(document),
    }
