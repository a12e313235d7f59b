"""Content blocks of an entry: one row a block, whatever shape the content has."""

from collections.abc import Iterator
from typing import Any

from include.extract import patch
from include.extract.values import as_json, mapping, string

Row = dict[str, Any]
# Enough to tell what kind of error it is.
ERROR_CHARACTERS = 300


def blocks_of(entry: dict[str, Any]) -> list[Any]:
    """The entry's blocks; a bare string is a text block."""
    content = mapping(entry.get("message")).get("content")
    if content is None and entry.get("type") == "message":
        content = entry.get("content")
    items = content if isinstance(content, list) else [] if content is None else [content]
    return [{"type": "text", "text": item} if isinstance(item, str) else item for item in items]


def rows_of(entry: dict[str, Any], blocks: list[Any]) -> Iterator[Row]:
    """Block columns of each block, without those that place the entry."""
    result = entry.get("toolUseResult")
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            yield _row(index, "unknown", text=as_json(block))
            continue
        kind = string(block.get("type")) or "unknown"
        if kind.endswith("tool_use"):
            yield _tool_use(index, kind, block, is_subagent=bool(entry.get("isSidechain")))
        elif kind.endswith("tool_result"):
            yield _tool_result(index, kind, block, result)
            result = None  # it belongs to one result; the first takes it
        else:
            yield _row(index, kind, text=_text(block))


def text_of(blocks: list[Any]) -> str | None:
    """What was said: the text blocks alone, joined by blank lines."""
    parts = [
        block["text"]
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
    ]
    return string("\n\n".join(parts)) if parts else None


def _tool_use(index: int, kind: str, block: dict[str, Any], *, is_subagent: bool) -> Row:
    name, values = string(block.get("name")), block.get("input")
    # a subagent's result has no patch, so its input must say what changed
    lines = patch.of_input(name, values) if is_subagent else None
    return _row(
        index,
        kind,
        tool_use_id=string(block.get("id")),
        tool_name=name,
        input_json=as_json(values),
        subject=_subject(mapping(values)),
        file_path=_path(mapping(values)),
        lines=lines,
    )


def _tool_result(index: int, kind: str, block: dict[str, Any], result: Any) -> Row:
    is_error, text = block.get("is_error"), _result_text(block.get("content"))
    return _row(
        index,
        kind,
        tool_use_id=string(block.get("tool_use_id")),
        is_error=is_error if isinstance(is_error, bool) else None,
        text=text,
        error_text=text[:ERROR_CHARACTERS] if text and is_error is True else None,
        file_path=_path(mapping(result)) or _path(mapping(mapping(result).get("file"))),
        lines=patch.of_result(result),
    )


def _row(index: int, kind: str, *, lines: patch.Lines | None = None, **columns: Any) -> Row:
    added, removed = lines or (None, None)
    return {
        "block_index": index,
        "kind": kind,
        "lines_added": added,
        "lines_removed": removed,
        **columns,
    }


def _text(block: dict[str, Any]) -> str | None:
    for key in ("text", "thinking", "content"):
        if isinstance(block.get(key), str):
            return string(block[key])
    return None


def _result_text(content: Any) -> str | None:
    if isinstance(content, list):
        parts = (part if isinstance(part, str) else mapping(part).get("text") for part in content)
        return string("\n".join(part for part in parts if isinstance(part, str)))
    return string(content)


def _path(values: dict[str, Any]) -> str | None:
    for key in ("file_path", "filePath", "notebook_path", "path"):
        if isinstance(values.get(key), str):
            return string(values[key])
    return None


def _subject(values: dict[str, Any]) -> str | None:
    return string(values.get("skill")) or string(values.get("subagent_type"))
