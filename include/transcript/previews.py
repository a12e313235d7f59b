"""A short look at an entry for lists: its first readable text, on one line. Masks nothing."""

from collections.abc import Mapping
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
    text = _first_text(entry)
    return " ".join(text[: 2 * WINDOW_CHARACTERS].split())[:WINDOW_CHARACTERS] if text else ""


def _first_text(entry: Mapping[str, Any]) -> str:
    message = entry.get("message")
    if isinstance(message, dict) and (text := _of_content(message.get("content"))):
        return text
    for name in _TEXT_FIELDS:
        value = entry.get(name)
        if value and (text := _of_content(value) if name == "content" else _string(value)):
            return text
    attachment = entry.get("attachment")
    if isinstance(attachment, dict):
        for name in ("prompt", "content", "text", "type"):
            if text := _of_content(attachment.get(name)):
                return text
    return ""


def _of_content(content: Any) -> str:
    """The first readable text of message content: a string, or blocks in their order."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        for block in content:
            text = _of_block(block) if isinstance(block, dict) else _string(block)
            if text:
                return text
    return ""


def _of_block(block: Mapping[str, Any]) -> str:
    text = (
        _string(block.get("text"))
        or _string(block.get("thinking"))
        or _of_content(block.get("content"))
    )
    if text or not isinstance(block.get("name"), str):
        return text
    inputs = block.get("input")
    values = inputs.values() if isinstance(inputs, dict) else ()
    first = next((value for value in values if isinstance(value, str)), "")
    return f"{block['name']}: {first[:WINDOW_CHARACTERS]}"


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
