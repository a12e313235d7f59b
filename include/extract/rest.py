"""What an entry says beyond its row and its blocks' rows, as JSON: together they are all of it.

The JSON has one of two shapes. `{"whole": entry}` stands for itself. Otherwise `entry` holds the
fields that no column holds as written, and beside it stand, where the entry has them:

- `message`: what is left of its message,
- `content`: `text` where the content is one bare string, which the only block's row holds,
- `blocks`: what is left of each block; a block with a `type` is all there,
- `result`: what is left of `toolUseResult`, whose `stdout` is the text of the first result block.

docs/lake.md has the query that puts an entry together again.
"""

from typing import Any

import orjson

from cca.transcript.blocks import is_call, is_result, kind_of
from cca.transcript.values import json_bytes

# Fields that a column holds as they are written. The column is null where the entry lacks one.
# Few are worth their time: others repeat from entry to entry, so they take no room here.
_HELD = ("uuid", "parentUuid", "sessionId", "cwd", "gitBranch", "version", "type")
_HELD_BY_SOME = ("requestId", "promptId")


def whole(entry: dict[str, Any]) -> bytes:
    """Returns the JSON that needs no row beside it."""
    return b'{"whole":%b}' % json_bytes(entry)


def rest_of(entry: dict[str, Any]) -> bytes:
    """Returns the JSON of what neither the entry's row nor its blocks' rows hold.

    A value stays where its column cannot hold it: null, or of another type.
    """
    rest = entry.copy()
    for name in _HELD:
        if type(rest.get(name)) is str:
            del rest[name]
    found: dict[str, Any] = {"entry": rest}
    message = rest.get("message")
    # The columns of a progress entry tell of the record inside it.
    if type(message) is dict and entry.get("type") != "progress":
        _take_message(message, rest, found)
    try:
        return orjson.dumps(found)
    except (TypeError, ValueError):
        # Larger numbers, lone surrogates or deeper levels than the query's JSON reader knows.
        return whole(entry)


def _take_message(message: dict[str, Any], rest: dict[str, Any], found: dict[str, Any]) -> None:
    del rest["message"]
    found["message"] = left = message.copy()
    for name in _HELD_BY_SOME:
        if type(rest.get(name)) is str:
            del rest[name]
    for name in ("id", "model"):
        if type(left.get(name)) is str:
            del left[name]
    content = left.get("content")
    if type(content) is str:
        del left["content"]
        found["content"] = "text"
    elif type(content) is list and content:
        blocks = [_left_of(block) for block in content]
        if None in blocks:
            return
        del left["content"]
        found["blocks"] = blocks
        result = rest.get("toolUseResult")
        if type(result) is dict and "stdout" in result:
            _take_printed(result, content, rest, found)


def _left_of(block: Any) -> dict[str, Any] | None:
    """Returns what the block's row does not hold; None for what is no block."""
    if type(block) is not dict or "type" not in block:
        return None
    held = _held_of(block, block["type"])
    if len(held) == len(block):
        return {}
    left = block.copy()
    for name in held:
        del left[name]
    return left


def _held_of(block: dict[str, Any], kind: Any) -> tuple[str, ...]:
    """Returns the fields that a block's row holds as written: all of these or none."""
    if type(kind) is not str:
        return ()
    if kind == "text":
        return ("type", "text") if type(block.get("text")) is str else ()
    if kind == "thinking":
        is_held = type(block.get("thinking")) is str and type(block.get("text")) is not str
        return ("type", "thinking") if is_held else ()
    if is_call(kind):
        is_held = type(block.get("id")) is str and type(block.get("name")) is str
        return ("type", "id", "name", "input") if is_held and "input" in block else ()
    if is_result(kind):
        is_held = type(block.get("tool_use_id")) is str and type(block.get("content")) is str
        return ("type", "tool_use_id", "content") if is_held else ()
    return ()


def _take_printed(
    result: dict[str, Any], content: list[Any], rest: dict[str, Any], found: dict[str, Any]
) -> None:
    """Leave out what a command printed where the first result block says the same."""
    first = next((block for block in content if is_result(kind_of(block))), None)
    printed = result["stdout"]
    if first is not None and type(printed) is str and printed == first.get("content"):
        del rest["toolUseResult"]
        found["result"] = {name: value for name, value in result.items() if name != "stdout"}
