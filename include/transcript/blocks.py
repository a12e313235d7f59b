"""The content blocks of an entry, whatever shape its content has."""

from typing import Any

_READABLE = ("text", "thinking", "content")


def blocks_of(entry: dict[str, Any]) -> list[Any]:
    """Returns the blocks of an entry's message; a bare string is a text block.

    The oldest logs wrote the content beside the message's role, not inside a message.
    """
    message = entry.get("message")
    if isinstance(message, dict):
        return as_blocks(message.get("content"))
    kind = entry.get("type")
    is_bare = kind is None or (isinstance(kind, str) and kind in _BARE_TYPES)
    return as_blocks(entry["content"]) if is_bare and "content" in entry else []


_BARE_TYPES = frozenset({"message", "user", "assistant"})


def as_blocks(content: Any) -> list[Any]:
    """Returns content of any shape as a list of blocks."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list):
        return [
            {"type": "text", "text": item} if isinstance(item, str) else item for item in content
        ]
    return [] if content is None else [content]


def kind_of(block: Any) -> str:
    """Returns the block's type as written; `unknown` where it has none."""
    kind = block.get("type") if isinstance(block, dict) else None
    return kind if isinstance(kind, str) and kind else "unknown"


def is_call(kind: str) -> bool:
    """Tells whether a block of this kind calls a tool, here or on a server."""
    return kind.endswith("tool_use")


def is_result(kind: str) -> bool:
    """Tells whether a block of this kind answers a call."""
    return kind.endswith("tool_result")


def block_text(block: dict[str, Any]) -> str | None:
    """Returns the text of a block that holds it plainly: text, thinking, or plain content."""
    for key in _READABLE:
        value = block.get(key)
        if isinstance(value, str):
            return value
    return None


def texts_of(blocks: list[Any]) -> list[str]:
    """Returns the texts of the text blocks alone, in order."""
    return [
        block["text"]
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
    ]


def text_of(blocks: list[Any]) -> str | None:
    """Returns what was said: the text blocks alone, joined by blank lines; None without any."""
    parts = texts_of(blocks)
    return "\n\n".join(parts) if parts else None
