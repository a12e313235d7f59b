"""The searchable blocks of an entry: what was said, thought, called, answered, titled, noted."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from cca.transcript.blocks import blocks_of, is_call, is_result, kind_of
from cca.transcript.kinds import (
    ENVELOPE_FIELDS,
    HIDDEN_ATTACHMENTS,
    attachment_kind,
    is_new_kind,
)
from cca.transcript.prompts import READ_FIELDS as SAID_FIELDS
from cca.transcript.prompts import Said, queued_blocks, said
from cca.transcript.results import document_text
from cca.transcript.roles import role_of
from cca.transcript.terminal import plain
from cca.transcript.titles import TITLE_FIELDS
from cca.transcript.values import mapping, mended, string
from cca.transcript.wrappers import pieces, typed_text

KINDS = ("prompt", "answer", "thinking", "tool_input", "tool_result", "title", "system")

# All that `searchable` reads of an entry, and what tells a copy of it.
READ_FIELDS = (
    *SAID_FIELDS, "uuid", "encoding", "hookErrors", "stopReason", "prUrl", "prRepository",
    "mcpMeta.structuredContent", *TITLE_FIELDS.values(),
)  # fmt: skip
_UNSEARCHED_KEYS = frozenset({"signature", "encrypted_content", "encrypted_index", "data", "type"})
_SYSTEM_FIELDS = ("content", "hookErrors", "stopReason")
# A tool's own record is not fetched with a hit.
_UNSEARCHED_FIELDS = ENVELOPE_FIELDS | {"toolUseResult"}
_SILENT = frozenset({"image", "redacted_thinking", "fallback"})


class Block(NamedTuple):
    """What a search can find; there are as many as entries."""

    number: int  # position in the entry's content
    kind: str
    text: str


def searchable(entry: dict[str, Any]) -> Iterator[Block]:
    """Blocks with text, as it reads on a screen.

    `queue-operation` and `last-prompt` lines repeat prompts and give none.
    """
    for number, kind, found in _found(entry):
        text = plain(found if found.isascii() else mended(found)).replace("\x00", " ")
        if text and not text.isspace():
            yield Block(number, kind, text)


def _found(entry: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    kind = string(entry.get("type"))
    if role_of(entry) is not None:
        yield from _of_message(entry)
    elif is_read_whole(entry):
        fields = {name: one for name, one in entry.items() if name not in _UNSEARCHED_FIELDS}
        yield 0, "system", "\n".join(leaves(fields, frozenset({"signature"})))
    elif kind in TITLE_FIELDS:
        yield 0, "title", _string(entry.get(TITLE_FIELDS[kind]))
    elif kind == "system":
        yield 0, "system", "\n".join(leaves([entry.get(name) for name in _SYSTEM_FIELDS]))
    elif kind == "pr-link":
        yield 0, "system", "\n".join(leaves([entry.get("prRepository"), entry.get("prUrl")]))
    elif kind == "attachment":
        yield from _of_attachment(entry)
    elif kind == "tool-result" and entry.get("encoding") == "utf-8":
        yield 0, "tool_result", _string(entry.get("content"))


def _of_message(entry: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    blocks = blocks_of(entry)
    found = said(entry, blocks)
    for number, block in enumerate(blocks):
        if isinstance(block, dict):
            for name, text in _of_block(block, found):
                yield number, name, text
    structured = mapping(entry.get("mcpMeta")).get("structuredContent")
    if structured is not None:
        yield len(blocks), "tool_result", _unsaid(structured, blocks)


def _unsaid(structured: Any, blocks: list[Any]) -> str:
    """The words of a structured result that do not stand in its text, which mostly repeats it."""
    told = "\n".join(_result(block.get("content")) for block in blocks if isinstance(block, dict))
    return "\n".join(word for word in leaves(structured) if word not in told)


def is_read_whole(entry: dict[str, Any]) -> bool:
    """Tells whether all fields of an entry are searched, beyond `READ_FIELDS`."""
    return role_of(entry) is None and is_new_kind(entry)


def _of_block(block: dict[str, Any], found: Said | None) -> Iterator[tuple[str, str]]:
    kind = kind_of(block)
    if kind == "thinking":
        yield "thinking", _string(block.get("thinking"))
    elif is_call(kind):
        yield "tool_input", "\n".join(leaves(block.get("input"), frozenset()))
    elif is_result(kind):
        yield "tool_result", _result(block.get("content"))
    elif kind == "text":
        yield from _of_text(_string(block.get("text")), found)
    elif kind not in _SILENT:
        yield _speaker(found), document_text(block)


def _of_text(text: str, found: Said | None) -> Iterator[tuple[str, str]]:
    """What a person typed is told apart from what editors and reminders put around it."""
    if found is None or not found.is_prompt:
        yield _speaker(found), text
        return
    typed = typed_text(text)
    if typed == text.strip():
        yield ("prompt", text)
        return
    for piece in pieces(text):
        yield ("system" if piece.kind == "context" else "prompt"), piece.text


def _speaker(found: Said | None) -> str:
    if found is None or found.speaker == "claude":
        return "answer"
    is_asked = found.is_prompt or found.speaker == "task" or found.kind == "shell"
    return "prompt" if is_asked else "system"


def _of_attachment(entry: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    found = said(entry)
    if found is not None:
        for number, block in enumerate(queued_blocks(entry)):
            yield number, _speaker(found), _string(mapping(block).get("text"))
    elif attachment_kind(entry) not in HIDDEN_ATTACHMENTS:
        yield 0, "system", "\n".join(leaves(entry.get("attachment")))


def _result(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join("\n".join(leaves(part)) for part in parts if not _is_picture(part))


def _is_picture(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in ("image", "document")


def leaves(value: Any, without: frozenset[str] = _UNSEARCHED_KEYS) -> Iterator[str]:
    """Strings and numbers inside a JSON value, in order; a stack, as inputs may be very deep.

    The data of a text document is text, that of a picture is none.
    """
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            is_text = item.get("type") == "text"
            stack.extend(
                value
                for name, value in reversed(item.items())
                if name not in without or (is_text and name == "data")
            )
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield str(item)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
