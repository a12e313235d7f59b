"""The parts of an opened tool call: what was asked, and what came back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from cca.conversation.calls import result_block, status_of
from cca.conversation.cards import Card, card_of, web_links
from cca.conversation.figures import EDITS, length_of
from cca.conversation.parts import Part, of_block, pretty
from cca.markup import LINK, code_html, markdown, numbered_code_html, output_html
from cca.markup.cards import card_html, links_html
from cca.markup.diffs import diff_html
from cca.transcript.patches import hunks_of_input, hunks_of_result
from cca.transcript.terminal import plain
from cca.transcript.tools import file_path, tool_name
from cca.transcript.values import mapping

# A longer result is cut, with "Show all"; a screen holds about 4 kB.
MAX_BODY_CHARS = 20_000
_ENDS = {"failed": "Error", "rejected": "Declined by the user"}
_AGENTS = frozenset({"Agent", "Task"})
# What Claude Code says after a list of tasks or an edit is always the same, and shown above it.
_ALWAYS_SAID = frozenset({"TodoWrite"})
_EDITED = re.compile(
    r"(?:The file .{1,1000} has been (?:updated|created|written)|File created)"
    r"(?: successfully)?(?: at: .{1,1000})?\.?(?: \(file state is current[^)]{0,200}\))?"
)


@dataclass(frozen=True)
class Piece:
    """A part of a tool's body; `html` shows the first of its `total` characters.

    form: code, prose or card. status: "" for what was asked, else how the call ended. `part` is
    what the whole text is asked for by: input, or the number of the result's part. `path` is the
    file that the label names.
    """

    label: str
    html: Markup
    form: str = "code"
    status: str = ""
    length: str = ""
    total: int = 0
    is_cut: bool = False
    part: str = "input"
    path: str = ""


def body(block: dict[str, Any], answer: dict[str, Any] | None) -> list[Piece]:
    """Returns what a call shows when it is opened."""
    given = block.get("input")
    given = given if isinstance(given, dict) else {"input": given}
    _, name = tool_name(str(block.get("name")))
    facts = mapping((answer or {}).get("toolUseResult"))
    parts = result_parts(block, answer)
    card = card_of(name, given, facts, parts[0].text if parts else "")
    asked = [_card(card)] if card else _INPUTS.get(name, _any_input)(given, facts)
    if not parts:
        return [*asked, Piece("No result", Markup(""), "prose")]
    beside = (_beside(part, number) for number, part in enumerate(parts) if number)
    result = result_block(answer or {}, str(block.get("id")))
    status = status_of(answer, result)
    is_told = status == "ok" and _is_told(name, card, parts[0].text)
    answered = () if is_told else _result(name, given, parts, status)
    return [*asked, *answered, *(piece for piece in beside if piece)]


def _is_told(name: str, card: Card | None, text: str) -> bool:
    """Tells whether a result says no more than what stands above it."""
    if card:
        return name in _ALWAYS_SAID or card.is_answered
    return name in EDITS and _EDITED.fullmatch(text.strip()) is not None


def result_parts(block: dict[str, Any], answer: dict[str, Any] | None) -> list[Part]:
    """Returns the parts of a call's result: its text first, then what stands beside it."""
    result = result_block(answer or {}, str(block.get("id")))
    return list(of_block(0, result, answer or {})) if result else []


def cut(text: str) -> tuple[str, bool]:
    """Returns what is shown of a text, and whether that is not all."""
    return text[:MAX_BODY_CHARS], len(text) > MAX_BODY_CHARS


def _code(label: str, text: str, *, language: str = "", path: str = "") -> Piece:
    shown, is_cut = cut(text)
    html = code_html(shown, language, path)
    return Piece(label, html, total=len(text), is_cut=is_cut, path=path)


def _card(card: Card) -> Piece:
    if not card.text:
        return Piece(card.label, card_html(card), "card")
    shown, is_cut = cut(card.text)
    return Piece(card.label, markdown(shown), "card", total=len(card.text), is_cut=is_cut)


def _edit(given: dict[str, Any], facts: dict[str, Any]) -> list[Piece]:
    path = str(given.get("file_path") or "")
    hunks = hunks_of_result(facts) or hunks_of_input(given)
    return [Piece(path, diff_html(hunks, path), path=path)]


def _write(given: dict[str, Any], facts: dict[str, Any]) -> list[Piece]:
    path = file_path(given) or ""
    hunks = hunks_of_result(facts)
    if hunks:
        return [Piece(path, diff_html(hunks, path), path=path)]
    return [_code(path, str(given.get("content") or ""), path=path)]


def _bash(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    label = str(given.get("description") or "Command")
    return [_code(label, str(given.get("command") or ""), language="bash")]


def _read(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    path = file_path(given) or ""
    rest = {name: value for name, value in given.items() if value != path}
    return [_code("Asked for", pretty(rest), language="json")] if rest else []


def _agent_input(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    prompt, is_cut = cut(str(given.get("prompt") or ""))
    return [Piece("Prompt", markdown(prompt), "prose", is_cut=is_cut)]


def _fetch(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    url = str(given.get("url") or "")
    html = LINK.format(url, url) if url.startswith(("https://", "http://")) else escape(url)
    prompt, is_cut = cut(str(given.get("prompt") or ""))
    asked = [Piece("Question", markdown(prompt), "prose", is_cut=is_cut)] if prompt else []
    return [Piece("Page", Markup("<p>{}</p>").format(html), "prose"), *asked]


def _any_input(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    name, alone = next(iter(given.items()), ("", ""))
    if len(given) == 1 and isinstance(alone, str):
        return [_code(name.replace("_", " ").capitalize(), alone)]
    return [_code("Input", pretty(given), language="json")] if given else []


_INPUTS: dict[str, Callable[[dict[str, Any], dict[str, Any]], list[Piece]]] = {
    "Edit": _edit, "MultiEdit": _edit, "Write": _write, "Bash": _bash, "PowerShell": _bash,
    "Read": _read, "Agent": _agent_input, "Task": _agent_input, "WebFetch": _fetch,
}  # fmt: skip


def _result(name: str, given: dict[str, Any], parts: list[Part], status: str) -> Iterator[Piece]:
    text, is_ok = parts[0].text, status == "ok"
    if not text and is_ok:
        if len(parts) == 1:
            yield Piece("Result", Markup("<em>empty</em>"), status=status)
        return
    shown, is_cut = cut(text)
    total = len(text)
    if is_ok and name == "WebSearch":
        links, shown = web_links(shown)
        if links:
            yield Piece("Found", links_html(links), "card", status)
    if is_ok and name in {*_AGENTS, "WebFetch", "WebSearch"}:
        label = "Answer" if name in _AGENTS else "Result"
        yield Piece(label, markdown(plain(shown)), "prose", status, "", total, is_cut, "0")
        return
    path = str(given.get("file_path") or "")
    is_file = name == "Read" and is_ok
    html = numbered_code_html(shown, path) if is_file else output_html(shown)
    label = _ENDS.get(status, "Result")
    yield Piece(label, html, "code", status, length_of(text), total, is_cut, "0")


def _beside(part: Part, number: int) -> Piece | None:
    """What stands beside a result's text; pictures are shown by themselves."""
    if part.kind == "image":
        return None
    if part.kind == "link":
        html = LINK.format(part.url, part.url) if part.url else escape(part.text)
        return Piece(part.label, html, "prose")
    language = "json" if part.text.startswith(("{", "[")) else ""
    shown, is_cut = cut(part.text)
    return Piece(part.label, code_html(shown, language), total=len(part.text), is_cut=is_cut,
                 part=str(number))  # fmt: skip
