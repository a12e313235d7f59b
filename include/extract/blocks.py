"""Content blocks of an entry: one row a block, whatever shape the content has."""

from typing import Any

from cca.extract import patch
from cca.extract.values import as_json, mapping

# in the order of cca.records; values are as written, the column's conversion checks them
BlockRow = tuple[Any, ...]
PLACE_WIDTH = 11  # columns that place an entry, before the block's index
ERROR_CHARACTERS = 300  # enough to tell what kind of error it is
_NOTHING = (None,) * 5


def blocks_of(entry: dict[str, Any]) -> list[Any]:
    """The entry's blocks; a bare string is a text block."""
    content = mapping(entry.get("message")).get("content")
    if content is None and entry.get("type") == "message":
        content = entry.get("content")
    items = content if isinstance(content, list) else [] if content is None else [content]
    return [{"type": "text", "text": item} if isinstance(item, str) else item for item in items]


def rows_of(entry: dict[str, Any], blocks: list[Any], shared: BlockRow) -> list[BlockRow]:
    """A row each, in the order of the schema; `shared` is what places the entry."""
    result = entry.get("toolUseResult")
    is_subagent = bool(entry.get("isSidechain"))
    rows = []
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            text = as_json(block)
            own: BlockRow = ("unknown", *_NOTHING[:4], text, *_NOTHING[:5])
        else:
            given = block.get("type")
            kind = given if isinstance(given, str) and given else "unknown"
            if kind.endswith("tool_use"):
                own = _tool_use(kind, block, is_subagent=is_subagent)
            elif kind.endswith("tool_result"):
                own = _tool_result(kind, block, result)
                result = None  # it belongs to one result; the first takes it
            else:
                own = (kind, *_NOTHING[:4], _text(block), *_NOTHING[:5])
        rows.append((*shared[:PLACE_WIDTH], index, *shared[PLACE_WIDTH:], *own))
    return rows


def text_of(blocks: list[Any]) -> str | None:
    """What was said: the text blocks alone, joined by blank lines."""
    parts = [
        block["text"]
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
    ]
    return "\n\n".join(parts) if parts else None


def _tool_use(kind: str, block: dict[str, Any], *, is_subagent: bool) -> BlockRow:
    name, values = block.get("name"), block.get("input")
    # a subagent's result has no patch, so its input must say what changed
    lines = patch.of_input(name, values) if is_subagent and isinstance(name, str) else None
    added, removed = lines or (None, None)
    path = _path(values) if isinstance(values, dict) else None
    subject = _subject(values) if isinstance(values, dict) else None
    return (
        kind, block.get("id"), name, as_json(values), None, None, subject, None, path,
        added, removed,
    )  # fmt: skip


def _tool_result(kind: str, block: dict[str, Any], result: Any) -> BlockRow:
    added, removed = patch.of_result(result) or (None, None)
    text = result_text(block.get("content"))
    path = _path(mapping(result)) or _path(mapping(mapping(result).get("file")))
    is_error = block.get("is_error")
    why = text[:ERROR_CHARACTERS] if is_error is True and isinstance(text, str) else None
    return (
        kind, block.get("tool_use_id"), None, None, is_error, text, None, why, path,
        added, removed,
    )  # fmt: skip


def _text(block: dict[str, Any]) -> str | None:
    for key in ("text", "thinking", "content"):
        if isinstance(block.get(key), str):
            return block[key]  # type: ignore[no-any-return]
    return None


def result_text(content: Any) -> Any:
    """The text parts of a result, one a line; what is no list comes back as it is."""
    if isinstance(content, list):
        parts = (part if isinstance(part, str) else mapping(part).get("text") for part in content)
        return "\n".join(part for part in parts if isinstance(part, str))
    return content


def _path(values: dict[str, Any]) -> str | None:
    for key in ("file_path", "filePath", "notebook_path", "path"):
        if isinstance(values.get(key), str):
            return values[key]  # type: ignore[no-any-return]
    return None


def _subject(values: dict[str, Any]) -> str | None:
    """The skill that a call launches, or the kind of subagent."""
    for key in ("skill", "subagent_type"):
        if isinstance(values.get(key), str):
            return values[key]  # type: ignore[no-any-return]
    return None
