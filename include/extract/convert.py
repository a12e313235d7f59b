"""A MongoDB document to typed rows: one pass, tolerant; what cannot be placed is a reject."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from bson import json_util

from cca.extract.blocks import BlockRow, rows_of
from cca.extract.details import details_of
from cca.extract.rest import rest_of, whole
from cca.extract.screen import as_on_a_screen, holds_escapes
from cca.records import CONTENT_BLOCKS, CONVERSATIONS, REJECTS
from cca.transcript.agents import agent_id_of
from cca.transcript.blocks import as_blocks, blocks_of, text_of
from cca.transcript.category import task_category
from cca.transcript.causes import NO_CAUSES, Causes, causes_of
from cca.transcript.corrections import is_correction
from cca.transcript.entry import ODD_ENTRY, entry_of
from cca.transcript.kinds import subtype_of
from cca.transcript.prompts import said
from cca.transcript.pull_requests import linked
from cca.transcript.roles import role_of
from cca.transcript.sizes import attached_characters
from cca.transcript.slugs import project_key, repository_of, slug_of, user_of
from cca.transcript.terminal import plain
from cca.transcript.times import is_clock_wrong, parse_timestamp
from cca.transcript.titles import TITLE_FIELDS, title_of, title_of_said
from cca.transcript.usage import further_usage, inner_entry
from cca.transcript.values import as_json, count, mapping

# Entry type: the field that holds what it says; titles are read by their own rule.
_SAYS = {
    "last-prompt": "lastPrompt",
    "queue-operation": "content",
    "system": "content",
    "pr-link": "prUrl",
}


Row = tuple[Any, ...]


class Rows(NamedTuple):
    """What a document becomes, in the order of cca.records: an entry with blocks, or another row.

    Values are as written where only the column's conversion can tell their type. `blocks` hold
    the columns of their own: those that place a block are its entry's.
    """

    day: date
    conversation: Row | None = None
    blocks: Sequence[BlockRow] = ()
    reject: Row | None = None
    limits: Row | None = None


def convert(document: Mapping[str, Any], bson: bytes | None = None) -> Rows:
    """Rows of cca.records from a document; never raises on what a transcript may hold.

    `bson` is the document as it is stored, where the caller has it: some questions it answers
    faster.
    """
    try:
        if "rawFile" in document and "rawLine" not in document:
            raise ValueError(f"its line {document['rawFile']} is not in GridFS")
        entry = entry_of(document)
        place = place_row(document, entry.get("timestamp"))
        blocks = blocks_of(entry)
        row = _entry_row(document, entry, blocks)
        found = rows_of(entry, blocks) if blocks else ()
        if holds_escapes(entry, None if "rawLine" in document else bson):
            # The columns do not hold the sequences, so all of the entry is rest.
            row = as_on_a_screen((*row[:-1], whole(entry)), CONVERSATIONS)
            found = [as_on_a_screen(one, CONTENT_BLOCKS) for one in found]
        return Rows(place[_DAY], (*place, *row), found)
    except ODD_ENTRY as error:
        return rejected(document, error)


_DAY = CONVERSATIONS.get_field_index("date")


def rejected(document: Mapping[str, Any], error: Exception) -> Rows:
    """Return the row of a document that cannot be placed."""
    reject = _reject_row(document, f"{type(error).__name__}: {error}")
    return Rows(reject[_REJECT_DAY], reject=reject)


_REJECT_DAY = REJECTS.get_field_index("date")


_PLACE: dict[str, type] = {
    "_id": str,
    "projectId": str,
    "sessionKey": str,
    "stream": str,
    "generation": int,
    "sourceOffset": int,
    "sourceFile": str,
    "host": str,
    "ingestedAt": datetime,
    "eventAt": datetime,
}
_PLACE_TYPES = tuple(_PLACE.values())
_values_of_place = itemgetter(*_PLACE)


def place_row(document: Mapping[str, Any], written: Any) -> Row:
    """Return the columns that place an entry.

    Raises:
        KeyError: It has no such field.
        ValueError: A field is nothing that an agent writes: the columns cannot hold it.

    """
    place = _values_of_place(document)
    generation, offset = place[4:6]
    is_placed = all(map(isinstance, place, _PLACE_TYPES)) and 0 <= generation <= _MOST_GENERATIONS
    if not is_placed or isinstance(generation, bool) or isinstance(offset, bool):
        raise ValueError(_misplaced(document))
    ingested_at, event_at = place[-2:]
    return (*place, event_at.date(), is_clock_wrong(written, event_at, ingested_at))


# What the column holds. A range would be walked for a number that MongoDB gives in 64 bits.
_MOST_GENERATIONS = (1 << 31) - 1


def _misplaced(document: Mapping[str, Any]) -> str:
    odd = [name for name, kind in _PLACE.items() if not isinstance(document[name], kind)]
    return f"no agent writes such values of {', '.join(odd) or 'generation and sourceOffset'}"


def _entry_row(document: Mapping[str, Any], entry: dict[str, Any], blocks: list[Any]) -> Row:
    get = entry.get
    kind = get("type")
    kind = kind if isinstance(kind, str) else None
    inner = inner_entry(entry)
    message = mapping(inner.get("message"))
    cwd = get("cwd")
    folder, user = (
        _folder(cwd, document["projectId"])
        if isinstance(cwd, str) and cwd
        else ((cwd, None, None, None), None)
    )
    return (
        kind,
        subtype_of(entry),
        get("uuid"),
        get("parentUuid"),
        get("sessionId"),
        parse_timestamp(get("timestamp")),
        role_of(entry),
        message.get("id"),
        inner.get("requestId"),
        message.get("model"),
        message.get("stop_reason"),
        *_usage(message, entry),
        count(get("apiBlockIndex")),
        *folder,
        get("gitBranch"),
        user,
        get("version"),
        get("entrypoint"),
        get("isSidechain") is True,
        get("isMeta") is True,
        get("isCompactSummary") is True,
        get("isApiErrorMessage") is True,
        agent_id_of(inner, document["sourceFile"]),
        *_causes(inner, blocks if inner is entry else blocks_of(inner)),
        *(linked(entry) or _NO_PULL_REQUEST),
        get("promptId"),
        get("promptSource"),
        mapping(get("origin")).get("kind"),
        get("permissionMode"),
        *said_columns(entry, blocks),
        _text(kind, entry, blocks),
        attached_characters(entry) if kind == "attachment" else None,
        details_of(kind, entry),
        rest_of(entry),
    )


@lru_cache(maxsize=4096)
def _folder(cwd: str, project_id: str) -> tuple[Row, str | None]:
    """The folder, by which project and repository it is counted, and whose home it lies in."""
    folder = (cwd, project_key(cwd), repository_of(cwd), slug_of(cwd) == project_id)
    return folder, user_of(cwd)


def _causes(inner: dict[str, Any], blocks: list[Any]) -> Causes:
    """Only a response has causes; a progress entry carries a whole one."""
    return causes_of(inner, blocks) if inner.get("type") == "assistant" else NO_CAUSES


_NO_PULL_REQUEST = (None, None)
SAID_COLUMNS = (
    "speaker", "message_kind", "is_human_prompt", "prompt_text", "command", "headline",
    "task_category", "is_correction",
)  # fmt: skip


def said_columns(entry: dict[str, Any], blocks: list[Any]) -> Row:
    """Returns the values of `SAID_COLUMNS`: who says it, and all that is read out of a prompt."""
    found = said(entry, blocks)
    if found is None:
        return _NOTHING_SAID
    if not found.is_prompt:
        headline = title_of_said(found) if found.speaker == "teammate" else None
        return found.speaker, found.kind, False, None, found.command, headline, None, None
    prompt = plain(found.text)
    category = task_category(prompt)
    return (
        found.speaker, found.kind, True, prompt, found.command, title_of_said(found), category,
        is_correction(prompt),
    )  # fmt: skip


_NOTHING_SAID = (None, None, False, None, None, None, None, None)


def _usage(message: dict[str, Any], entry: dict[str, Any]) -> Row:
    usage = message.get("usage")
    is_final = message.get("stop_reason") is not None
    result = entry.get("toolUseResult")
    searched = result.get("searchCount") if isinstance(result, dict) else None
    if not isinstance(usage, dict):
        if searched is None and not is_final:
            return _NO_USAGE
        return (False, *_NO_TOKENS, count(searched), *_NO_SERVICE, is_final, None)
    get = usage.get
    iterations = get("iterations")
    further = further_usage(message) if iterations else None
    split = mapping(get("cache_creation"))
    in_usage = mapping(get("server_tool_use")).get("web_search_requests")
    return (
        True,
        count(get("input_tokens")),
        count(get("output_tokens")),
        count(get("cache_creation_input_tokens")),
        count(split.get("ephemeral_5m_input_tokens")),
        count(split.get("ephemeral_1h_input_tokens")),
        count(get("cache_read_input_tokens")),
        count(mapping(get("output_tokens_details")).get("thinking_tokens")),
        count(searched if in_usage is None else in_usage),
        get("service_tier"),
        get("speed"),
        get("inference_geo"),
        is_final or bool(iterations),
        as_json([row._asdict() for row in further]) if further else None,
    )


_NO_TOKENS = (None,) * 7
_NO_SERVICE = (None,) * 3
_NO_USAGE = (False, *_NO_TOKENS, None, *_NO_SERVICE, False, None)


def _text(kind: str | None, entry: dict[str, Any], blocks: list[Any]) -> Any:
    """What is to be read of the entry, as written; a title as it is shown."""
    if kind == "attachment":
        return text_of(as_blocks(mapping(entry.get("attachment")).get("prompt")))
    if kind in TITLE_FIELDS:
        title = title_of(entry)
        return title[1] if title else None
    if kind in _SAYS:
        value = entry.get(_SAYS[kind])
        return text_of(value) if isinstance(value, list) else value
    return text_of(blocks) if blocks else None


def _reject_row(document: Mapping[str, Any], reason: str) -> Row:
    now = datetime.now(UTC).replace(tzinfo=None)
    ingested_at = document.get("ingestedAt")
    event_at = document.get("eventAt")
    ingested_at = ingested_at if isinstance(ingested_at, datetime) else now
    event_at = event_at if isinstance(event_at, datetime) else ingested_at
    return (
        str(document.get("_id")), ingested_at, event_at, event_at.date(), reason,
        json_util.dumps(document),
    )  # fmt: skip
