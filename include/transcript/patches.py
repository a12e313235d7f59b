"""Lines added and removed by an edit, as Claude Code counts them."""

from difflib import SequenceMatcher
from typing import Any

Lines = tuple[int, int]


def lines_of_result(result: Any) -> Lines | None:
    """Returns (added, removed) of a `toolUseResult`; None where it is no edit."""
    if not isinstance(result, dict):
        return None
    patch = result.get("structuredPatch")
    if isinstance(patch, list) and patch:
        return _of_patch(patch)
    if result.get("type") == "create" and isinstance(result.get("content"), str):
        return _line_count(result["content"]), 0
    return (0, 0) if isinstance(patch, list) else None


def lines_of_input(tool: str | None, values: Any) -> Lines | None:
    """Returns (added, removed) by a call's input: subagent files have no `toolUseResult`."""
    if not isinstance(values, dict):
        return None
    if tool == "Write" and isinstance(values.get("content"), str):
        return _line_count(values["content"]), 0
    if tool == "Edit":
        return _difference(values)
    edits = values.get("edits")
    if tool == "MultiEdit" and isinstance(edits, list):
        each = [lines for edit in edits if (lines := _difference(edit))]
        return sum(added for added, _ in each), sum(removed for _, removed in each)
    return None


def _of_patch(patch: list[Any]) -> Lines:
    added = removed = 0
    for hunk in patch:
        lines = hunk.get("lines") if isinstance(hunk, dict) else None
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, str):
                added += line.startswith("+")
                removed += line.startswith("-")
    return added, removed


def _difference(edit: Any) -> Lines | None:
    if not isinstance(edit, dict):
        return None
    old, new = edit.get("old_string"), edit.get("new_string")
    if not (isinstance(old, str) and isinstance(new, str)):
        return None
    matcher = SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return sum(j2 - j1 for *_, j1, j2 in changed), sum(i2 - i1 for _, i1, i2, *_ in changed)


def _line_count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n")) if text else 0
