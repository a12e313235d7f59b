"""What an edit changed: its hunks, and the lines added and removed as Claude Code counts them."""

from collections.abc import Iterator
from difflib import SequenceMatcher, unified_diff
from typing import Any, NamedTuple

from cca.transcript.values import mapping

Lines = tuple[int, int]


class Hunk(NamedTuple):
    """Lines of a unified diff that stand together, each with its sign.

    The numbers say where in the file they begin, before and after; 0 where nothing says.
    """

    old_start: int
    new_start: int
    lines: tuple[str, ...]


def hunks_of_result(result: Any) -> list[Hunk]:
    """Returns the hunks of a `toolUseResult`; [] where it has none."""
    patch = mapping(result).get("structuredPatch")
    found = (_hunk(each) for each in (patch if isinstance(patch, list) else ()))
    return [hunk for hunk in found if hunk.lines]


def hunks_of_input(values: Any) -> list[Hunk]:
    """Returns the hunks of an edit by its input, which does not say where in the file they are."""
    edits = mapping(values).get("edits")
    changes = edits if isinstance(edits, list) else [values]
    return [hunk for change in map(mapping, changes) for hunk in _hunks_of_texts(change)]


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


def _hunk(given: Any) -> Hunk:
    lines = mapping(given).get("lines")
    starts = (mapping(given).get(name) for name in ("oldStart", "newStart"))
    old, new = (start if isinstance(start, int) and start > 0 else 0 for start in starts)
    return Hunk(old, new, tuple(map(str, lines if isinstance(lines, list) else ())))


def _hunks_of_texts(change: dict[str, Any]) -> Iterator[Hunk]:
    old, new = (str(change.get(name) or "") for name in ("old_string", "new_string"))
    lines: list[str] = []
    # The first two lines name files that are one and the same.
    for line in list(unified_diff(old.splitlines(), new.splitlines(), lineterm=""))[2:]:
        if line.startswith("@@"):
            if lines:
                yield Hunk(0, 0, tuple(lines))
            lines = []
        else:
            lines.append(line)
    if lines:
        yield Hunk(0, 0, tuple(lines))


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
