"""A short look at an entry for lists: its first readable text, on one line. Masks nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

PREVIEW_CHARACTERS = 500
# Masking sees more than is kept, so that a secret across the cut is still recognised.
WINDOW_CHARACTERS = 700
_TEXT_FIELDS = (
    "summary", "customTitle", "aiTitle", "agentName", "lastPrompt", "content", "text",
    "operation", "mode", "permissionMode", "subtype", "prUrl", "name",
)  # fmt: skip


def preview_text(entry: Mapping[str, Any]) -> str:
    """Returns up to `WINDOW_CHARACTERS` on one line; "" when the entry has nothing to read."""
    text = next(_texts(entry), "")
    return " ".join(text[: 2 * WINDOW_CHARACTERS].split())[:WINDOW_CHARACTERS] if text else ""


def _texts(entry: Mapping[str, Any]) -> Iterator[str]:
    message = entry.get("message")
    if isinstance(message, dict):
        yield from _content_texts(message.get("content"))
    for name in _TEXT_FIELDS:
        value = entry.get(name)
        if isinstance(value, str) and value:
            yield value
        elif name == "content":
            yield from _content_texts(value)
    attachment = entry.get("attachment")
    if isinstance(attachment, dict):
        for name in ("prompt", "content", "text", "type"):
            yield from _content_texts(attachment.get(name))


def _content_texts(content: Any) -> Iterator[str]:
    """Readable text of message content: a string, or blocks in their order."""
    if isinstance(content, str):
        if content:
            yield content
        return
    if not isinstance(content, list):
        return
    for block in content:
        if isinstance(block, str):
            yield from _content_texts(block)
        elif isinstance(block, dict):
            yield from _block_texts(block)


def _block_texts(block: Mapping[str, Any]) -> Iterator[str]:
    for name in ("text", "thinking", "content"):
        value = block.get(name)
        if isinstance(value, str) and value:
            yield value
        elif name == "content":
            yield from _content_texts(value)
    if isinstance(block.get("name"), str):
        inputs = block.get("input")
        values = inputs.values() if isinstance(inputs, dict) else ()
        first = next((value for value in values if isinstance(value, str)), "")
        yield f"{block['name']}: {first[:WINDOW_CHARACTERS]}"
