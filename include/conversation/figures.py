"""What one line says of a call: what it changed, found or read, or how it failed; pure."""

import re
from typing import Any

from cca.conversation.cards import Card, web_links
from cca.conversation.parts import size_of
from cca.transcript.patches import Lines, lines_of_input, lines_of_result
from cca.transcript.terminal import plain
from cca.transcript.values import mapping

EDITS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
_EXIT = re.compile(r"\s*(?:Error: )?Exit code (\d{1,3})\b", re.IGNORECASE)
_FOUND = re.compile(r"\s*Found (\d{1,9}) (files?|matches|match)\b")
_NOTHING = re.compile(r"\s*No (?:matches|files) found")
_SHORT = 1_000
MINUS = "\u2212"


def figure_of(  # noqa: PLR0913  (what there is to know of a call)
    name: str, given: Any, facts: Any, text: str, *, status: str = "ok", card: Card | None = None
) -> str:
    """Returns the figure of a call, such as +8 -1, 29 matches or exit 1; "" where nothing says.

    `facts` is the `toolUseResult` beside the result, `text` the result's own, `status` how the call
    ended.
    """
    if status in {"rejected", "waiting"}:
        return ""
    if status == "failed":
        code = _EXIT.match(plain(text[:_SHORT]))
        return f"exit {code[1]}" if code else ""
    told = mapping(facts)
    if card and card.tasks:
        done = sum(task.state == "completed" for task in card.tasks)
        return f"{done} of {len(card.tasks)} done"
    if card:
        return ""
    if name in EDITS:
        is_new = told.get("type") == "create"
        lines = None if is_new else lines_of_result(facts)
        return _changed(lines_of_input(name, given) if lines is None else lines)
    finder = {"Read": _read, "Grep": _found, "Glob": _found, "WebSearch": _searched}.get(name)
    return (finder(told, text) if finder else "") or length_of(text)


def length_of(text: str) -> str:
    """Returns the length of a text in lines, of one long line its size."""
    if not text.strip():
        return ""
    if len(text) > _SHORT * _SHORT:
        return size_of(len(text))
    lines = text.rstrip("\n").count("\n") + 1
    if lines > 1:
        return _counted(lines, "line")
    return size_of(len(text)) if len(text) > _SHORT else ""


def _changed(lines: Lines | None) -> str:
    if lines is None:
        return ""
    added, removed = lines
    signs = (("+", added), (MINUS, removed))
    return " ".join(f"{sign}{count:,}" for sign, count in signs if count)


def _read(facts: dict[str, Any], _: str) -> str:
    count = mapping(facts.get("file")).get("numLines")
    return _counted(count, "line") if isinstance(count, int) else ""


def _found(facts: dict[str, Any], text: str) -> str:
    if _NOTHING.match(text[:_SHORT]):
        return "none"
    kind = ("numMatches", "match") if facts.get("mode") == "count" else ("numFiles", "file")
    name, word = ("numLines", "match") if facts.get("mode") == "content" else kind
    count = facts.get(name)
    if isinstance(count, int):
        return _counted(count, word)
    said = _FOUND.match(text[:_SHORT])
    return _counted(int(said[1]), "file" if said[2].startswith("file") else "match") if said else ""


def _searched(_: dict[str, Any], text: str) -> str:
    links = web_links(text)[0]
    return _counted(len(links), "link") if links else ""


def _counted(count: int, word: str) -> str:
    plural = "es" if word == "match" else "s"
    return f"{count:,} {word}{'' if count == 1 else plural}"
