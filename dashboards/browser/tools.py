"""One line for a tool call, and the parts of its body: what was asked, what came back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from cca.conversation.calls import result_block, status_of
from cca.conversation.parts import Part, of_block, pretty, size_of
from cca.conversation.stored import StoredEntry
from cca.markup import (
    code_html,
    diff_html,
    markdown,
    numbered_code_html,
    output_html,
    patch_html,
)
from cca.transcript.results import error_text, result_text
from cca.transcript.terminal import plain
from cca.transcript.tools import argument, tool_name
from cca.transcript.values import mapping

# A longer result is cut, with "Show all"; a screen holds about 4 kB.
MAX_BODY_CHARS = 20_000
MAX_ARGUMENT_CHARS = 240

KINDS = {
    "Read": "read", "Glob": "read", "Grep": "read", "LS": "read", "WebFetch": "read",
    "WebSearch": "read", "NotebookRead": "read", "ToolSearch": "read", "web_search": "read",
    "web_fetch": "read",
    "Edit": "edit", "MultiEdit": "edit", "Write": "edit", "NotebookEdit": "edit",
    "Bash": "run", "BashOutput": "run", "KillShell": "run", "TaskOutput": "run",
    "TaskStop": "run", "PowerShell": "run", "bash_code_execution": "run", "code_execution": "run",
    "Agent": "agent", "Task": "agent", "Workflow": "agent", "Skill": "agent",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A part of a tool's body; `html` shows the first of its `total` characters.

    `part` is what the whole text is asked for by: input, or the number of the result's part.
    """

    label: str
    html: Markup
    is_code: bool = True
    is_error: bool = False
    total: int = 0
    is_cut: bool = False
    part: str = "input"


@dataclass(frozen=True)
class Call:
    """The one line of a tool call."""

    id: str
    entry_id: str
    result_entry_id: str
    name: str
    server: str
    kind: str
    argument: str
    status: str  # ok | failed | rejected | waiting
    size: str
    duration: str
    error: str


def call_of(
    entry_id: str, block: dict[str, Any], asked_at: datetime | None, answer: StoredEntry | None
) -> Call:
    """Returns the line of a call; `answer` is the entry with its result, if there is one."""
    server, name = tool_name(str(block.get("name") or "tool"), block.get("server_name"))
    result = result_block(answer.body, str(block.get("id"))) if answer else None
    text = result_text(result.get("content")) if result else ""
    status = status_of(answer.body if answer else None, result)
    return Call(
        id=str(block.get("id") or ""),
        entry_id=entry_id,
        result_entry_id=answer.id if answer else "",
        name=name,
        server=server,
        kind="mcp" if server else KINDS.get(name, "other"),
        argument=_first_line(plain(argument(block.get("input")))),
        status=status,
        size=size_of(len(text)) if text else "",
        duration=duration(asked_at, answer.at if answer else None),
        error=_first_line(error_text(text)) if status in {"failed", "rejected"} else "",
    )


def body(block: dict[str, Any], answer: dict[str, Any] | None) -> list[Piece]:
    """Returns what a call shows when it is opened."""
    given = block.get("input")
    given = given if isinstance(given, dict) else {"input": given}
    _, name = tool_name(str(block.get("name")))
    pieces = _INPUTS.get(name, _any_input)(given, answer or {})
    parts = result_parts(block, answer)
    if not parts:
        return [*pieces, Piece("No result", Markup(""), is_code=False)]
    beside = (_beside(part, number) for number, part in enumerate(parts) if number)
    return [*pieces, *_result(name, given, parts), *(piece for piece in beside if piece)]


def result_parts(block: dict[str, Any], answer: dict[str, Any] | None) -> list[Part]:
    """Returns the parts of a call's result: its text first, then what stands beside it."""
    result = result_block(answer or {}, str(block.get("id")))
    return list(of_block(0, result, answer or {})) if result else []


def duration(start: datetime | None, end: datetime | None) -> str:
    """Clocks run backwards now and then: nothing is said of a negative time."""
    if start is None or end is None or end < start:
        return ""
    seconds = (end - start).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} m" if minutes >= 60 else f"{minutes} m {rest} s"  # noqa: PLR2004


def cut(text: str) -> tuple[str, bool]:
    return text[:MAX_BODY_CHARS], len(text) > MAX_BODY_CHARS


def _code(label: str, text: str, *, language: str = "", path: str = "") -> Piece:
    shown, is_cut = cut(text)
    html = code_html(shown, language, path)
    return Piece(label, html, total=len(text), is_cut=is_cut)


def _edit(given: dict[str, Any], answer: dict[str, Any]) -> list[Piece]:
    path = str(given.get("file_path") or "")
    hunks = mapping(answer.get("toolUseResult")).get("structuredPatch")
    if isinstance(hunks, list) and hunks:
        lines = [line for hunk in hunks if isinstance(hunk, dict) for line in _hunk(hunk)]
        return [Piece(path, patch_html(lines))]
    edits = given.get("edits") if isinstance(given.get("edits"), list) else [given]
    return [
        Piece(path, diff_html(str(edit.get("old_string") or ""), str(edit.get("new_string") or "")))
        for edit in edits or []
        if isinstance(edit, dict)
    ]


def _hunk(hunk: dict[str, Any]) -> list[str]:
    head = (
        f"@@ -{hunk.get('oldStart')},{hunk.get('oldLines')} "
        f"+{hunk.get('newStart')},{hunk.get('newLines')} @@"
    )
    lines = hunk.get("lines")
    return [head, *(str(line) for line in (lines if isinstance(lines, list) else []))]


def _write(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    path = str(given.get("file_path") or "")
    return [_code(path, str(given.get("content") or ""), path=path)]


def _bash(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    return [
        _code(str(given.get("description") or "Command"), str(given.get("command") or ""),
              language="bash")
    ]  # fmt: skip


def _read(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    rest = {name: value for name, value in given.items() if name != "file_path"}
    return [_code("Asked for", pretty(rest), language="json")] if rest else []


def _agent_input(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    prompt, is_cut = cut(str(given.get("prompt") or ""))
    return [Piece("Prompt", markdown(prompt), is_code=False, is_cut=is_cut)]


def _plan(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    plan, is_cut = cut(str(given.get("plan") or ""))
    return [Piece("Plan", markdown(plan), is_code=False, is_cut=is_cut)]


def _todos(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    signs = {"completed": "✓", "in_progress": "…"}
    items = given.get("todos")
    lines = [
        Markup('<span class="todo {}">{} {}</span>').format(
            str(todo.get("status")), signs.get(str(todo.get("status")), "○"), todo.get("content")
        )
        for todo in (items if isinstance(items, list) else [])
        if isinstance(todo, dict)
    ]
    return [Piece("To do", Markup("\n").join(lines))]


def _any_input(given: dict[str, Any], _: dict[str, Any]) -> list[Piece]:
    return [_code("Input", pretty(given), language="json")]


_INPUTS: dict[str, Callable[[dict[str, Any], dict[str, Any]], list[Piece]]] = {
    "Edit": _edit, "MultiEdit": _edit, "Write": _write, "Bash": _bash, "Read": _read,
    "Agent": _agent_input, "Task": _agent_input, "TodoWrite": _todos, "ExitPlanMode": _plan,
}  # fmt: skip


def _result(name: str, given: dict[str, Any], parts: list[Part]) -> Iterator[Piece]:
    text, failed = parts[0].text, parts[0].is_failed
    shown, is_cut = cut(text)
    if name in {"Agent", "Task"} and not failed:
        html = markdown(plain(shown))
        yield Piece("Answer", html, False, total=len(text), is_cut=is_cut, part="0")
    elif text or failed:
        is_file = name == "Read" and not failed
        path = str(given.get("file_path") or "")
        html = numbered_code_html(shown, path) if is_file else output_html(shown)
        label = "Error" if failed else "Result"
        yield Piece(label, html, True, failed, len(text), is_cut, "0")
    elif len(parts) == 1:
        yield Piece("Result", Markup("<em>empty</em>"), total=0)


def _beside(part: Part, number: int) -> Piece | None:
    """What stands beside a result's text; pictures are shown by themselves."""
    if part.kind == "image":
        return None
    if part.kind == "link":
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>')
        html = link.format(part.url) if part.url else escape(part.text)
        return Piece(part.label, html, is_code=False)
    language = "json" if part.text.startswith(("{", "[")) else ""
    shown, is_cut = cut(part.text)
    return Piece(part.label, code_html(shown, language), total=len(part.text), is_cut=is_cut,
                 part=str(number))  # fmt: skip


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:MAX_ARGUMENT_CHARS]
