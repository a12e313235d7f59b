"""The searchable blocks of an entry: what was said, thought, called, answered, titled, noted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cca.transcript.blocks import blocks_of
from cca.transcript.prompts import READ_FIELDS as SAID_FIELDS
from cca.transcript.prompts import is_queued_prompt
from cca.transcript.roles import role_of
from cca.transcript.titles import TITLE_FIELDS
from cca.transcript.values import mapping, mended, string

KINDS = ("prompt", "answer", "thinking", "tool_input", "tool_result", "title", "system")

# All that `searchable` reads of an entry, and what tells a copy of it.
READ_FIELDS = (*SAID_FIELDS, "uuid", "encoding", *TITLE_FIELDS.values())
_MACHINE_TEXTS = (
    "<local-command-", "<command-name>", "<bash-stdout>", "<bash-stderr>", "<task-notification>",
    "[Request interrupted", "Caveat:", "This session is being continued",
)  # fmt: skip
# Attachments that show something of the work; the rest are lists of tools, prompts and accounts.
_SHOWN_ATTACHMENTS = ("hook_", "file", "directory", "edited_text_file", "command_permissions")
_UNSEARCHED_KEYS = frozenset({"signature", "encrypted_content", "encrypted_index", "data", "type"})


@dataclass(frozen=True, slots=True)
class Block:
    number: int  # position in the entry's content
    kind: str
    text: str


def searchable(entry: dict[str, Any]) -> Iterator[Block]:
    """Blocks with text; `queue-operation` and `last-prompt` lines repeat prompts and give none."""
    for number, kind, found in _found(entry):
        text = mended(found).replace("\x00", " ")
        if text.strip():
            yield Block(number, kind, text)


def _found(entry: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    kind = string(entry.get("type"))
    role = role_of(entry)
    if role is not None:
        for number, block in enumerate(blocks_of(entry)):
            if isinstance(block, dict):
                yield number, *_of_block(block, entry, role)
    elif kind in TITLE_FIELDS:
        yield 0, "title", _string(entry.get(TITLE_FIELDS[kind]))
    elif kind == "system":
        yield 0, "system", "\n".join(leaves(entry.get("content")))
    elif kind == "attachment":
        yield from _of_attachment(entry)
    elif kind == "tool-result" and entry.get("encoding") == "utf-8":
        yield 0, "tool_result", _string(entry.get("content"))


def _of_block(block: dict[str, Any], entry: dict[str, Any], role: str) -> tuple[str, str]:
    kind = str(block.get("type"))
    if kind == "thinking":
        return "thinking", _string(block.get("thinking"))
    if kind.endswith("tool_use"):
        return "tool_input", "\n".join(leaves(block.get("input"), frozenset()))
    if kind.endswith("tool_result"):
        return "tool_result", _result(block.get("content"))
    if kind == "document":
        source = mapping(block.get("source"))
        text = _string(source.get("data")) if source.get("type") == "text" else ""
    else:
        text = _string(block.get("text"))
    return _speaker(entry, role, text), text


def _speaker(entry: dict[str, Any], role: str, text: str) -> str:
    if role == "assistant":
        return "answer"
    is_machine = entry.get("isMeta") is True or entry.get("isCompactSummary") is True
    return "system" if is_machine or text.lstrip().startswith(_MACHINE_TEXTS) else "prompt"


def _of_attachment(entry: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    attachment = mapping(entry.get("attachment"))
    if is_queued_prompt(entry):
        for number, block in enumerate(
            blocks_of({"message": {"content": attachment.get("prompt")}})
        ):
            yield number, "prompt", _string(mapping(block).get("text"))
    elif _string(attachment.get("type")).startswith(_SHOWN_ATTACHMENTS):
        yield 0, "system", "\n".join(leaves(attachment))


def _result(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join("\n".join(leaves(part)) for part in parts if not _is_picture(part))


def _is_picture(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in ("image", "document")


def leaves(value: Any, without: frozenset[str] = _UNSEARCHED_KEYS) -> Iterator[str]:
    """Strings and numbers inside a JSON value, in order; a stack, as inputs may be very deep."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack.extend(v for k, v in reversed(item.items()) if k not in without)
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield str(item)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
