"""One line for a tool call, and the parts of its body: what was asked, what came back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from cca.markup import code_html, diff_html, markdown, numbered_code_html, patch_html
from cca.transcript.results import is_rejection
from cca.transcript.times import parse_timestamp as time_of

# A longer result is cut, with "Show all"; a screen holds about 4 kB.
MAX_BODY_CHARS = 20_000
MAX_ARGUMENT_CHARS = 240

KINDS = {
    "Read": "read", "Glob": "read", "Grep": "read", "LS": "read", "WebFetch": "read",
    "WebSearch": "read", "NotebookRead": "read", "ToolSearch": "read",
    "Edit": "edit", "MultiEdit": "edit", "Write": "edit", "NotebookEdit": "edit",
    "Bash": "run", "BashOutput": "run", "KillShell": "run", "TaskOutput": "run",
    "TaskStop": "run", "PowerShell": "run",
    "Agent": "agent", "Task": "agent", "Workflow": "agent", "Skill": "agent",
}  # fmt: skip
_ARGUMENTS = (
    "file_path", "notebook_path", "command", "pattern", "description", "query", "url", "skill",
    "subject", "path", "prompt", "plan", "taskId", "task_id",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A part of a tool's body. `total` counts the characters of which `html` shows the first."""

    label: str
    html: Markup
    is_code: bool = True
    is_error: bool = False
    total: int = 0
    is_cut: bool = False


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
    agent: str
    error: str


def call_of(entry_id: str, block: dict[str, Any], asked_at: datetime | None, answer: Any) -> Call:
    """`answer` is the entry with the result, or None while there is none."""
    server, name = tool_name(str(block.get("name") or "tool"))
    result = result_block(answer.body, str(block.get("id"))) if answer else None
    text = result_text(result) if result else ""
    status = _status(answer, result, text)
    return Call(
        id=str(block.get("id") or ""),
        entry_id=entry_id,
        result_entry_id=answer.id if answer else "",
        name=name,
        server=server,
        kind="mcp" if server else KINDS.get(name, "other"),
        argument=argument(block.get("input")),
        status=status,
        size=size(len(text)) if text else "",
        duration=duration(asked_at, moment(answer.body) if answer else None),
        agent=_agent(answer.body if answer else {}),
        error=_first_line(text) if status in {"failed", "rejected"} else "",
    )


def _status(answer: Any, result: dict[str, Any] | None, text: str) -> str:
    if not result:
        return "waiting"
    if not result.get("is_error"):
        return "ok"
    return "rejected" if is_rejection(answer.body, text) else "failed"


def tool_name(name: str) -> tuple[str, str]:
    """(MCP server, tool): the server is everything up to the second double underscore."""
    if name.startswith("mcp__") and "__" in name[5:]:
        server, tool = name[5:].split("__", 1)
        return server, tool
    return "", name


def argument(given: object) -> str:
    """The one input that tells a call from its neighbours."""
    if not isinstance(given, dict):
        return ""
    for name in _ARGUMENTS:
        value = given.get(name)
        if isinstance(value, str) and value.strip():
            return _first_line(value)
    return _first_line(next((value for value in given.values() if isinstance(value, str)), ""))


def body(block: dict[str, Any], answer: dict[str, Any] | None) -> list[Piece]:
    """What a call shows when it is opened."""
    given = block.get("input")
    given = given if isinstance(given, dict) else {"input": given}
    _, name = tool_name(str(block.get("name")))
    pieces = _INPUTS.get(name, _any_input)(given, answer or {})
    result = result_block(answer or {}, str(block.get("id")))
    if result is None:
        return [*pieces, Piece("No result", Markup(""), is_code=False)]
    return [*pieces, *_result(name, given, result)]


def result_block(entry: dict[str, Any], tool_use_id: str) -> dict[str, Any] | None:
    message = entry.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    for block in content if isinstance(content, list) else []:
        if isinstance(block, dict) and block.get("tool_use_id") == tool_use_id:
            return block
    return None


def result_text(result: dict[str, Any]) -> str:
    """All text of a tool result; what is neither text nor image stays as JSON."""
    content = result.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return "" if content is None else pretty(content)
    texts = [_block_text(block) for block in content]
    return "\n".join(text for text in texts if text)


def size(chars: int) -> str:
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if chars >= scale:
            return f"{chars / scale:.1f} {unit}"
    return f"{chars} B"


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


def moment(entry: dict[str, Any]) -> datetime | None:
    """When the entry was written, by itself; None where it says nothing that can be true."""
    return time_of(entry.get("timestamp"))


def pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def cut(text: str) -> tuple[str, bool]:
    return text[:MAX_BODY_CHARS], len(text) > MAX_BODY_CHARS


def _code(label: str, text: str, *, language: str = "", path: str = "") -> Piece:
    shown, is_cut = cut(text)
    html = code_html(shown, language, path)
    return Piece(label, html, total=len(text), is_cut=is_cut)


def _edit(given: dict[str, Any], answer: dict[str, Any]) -> list[Piece]:
    path = str(given.get("file_path") or "")
    patch = answer.get("toolUseResult")
    hunks = patch.get("structuredPatch") if isinstance(patch, dict) else None
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


def _result(name: str, given: dict[str, Any], result: dict[str, Any]) -> list[Piece]:
    text = result_text(result)
    shown, is_cut = cut(text)
    failed = bool(result.get("is_error"))
    if name in {"Agent", "Task"} and not failed:
        return [Piece("Answer", markdown(shown), is_code=False, total=len(text), is_cut=is_cut)]
    if not text and not failed:
        return [Piece("Result", Markup("<em>empty</em>"), total=0)]
    is_file = name == "Read" and not failed
    path = str(given.get("file_path") or "")
    html = numbered_code_html(shown, path) if is_file else code_html(shown)
    return [Piece("Error" if failed else "Result", html, True, failed, len(text), is_cut)]


def _block_text(block: object) -> str:
    if isinstance(block, str):
        return block
    if not isinstance(block, dict):
        return pretty(block)
    if block.get("type") == "text":
        return str(block.get("text") or "")
    return "" if block.get("type") == "image" else pretty(block)


def _agent(answer: dict[str, Any]) -> str:
    result = answer.get("toolUseResult")
    return str(result.get("agentId") or "") if isinstance(result, dict) else ""


def _first_line(text: str) -> str:
    text = text.replace("<tool_use_error>", "").replace("</tool_use_error>", "").strip()
    return text.split("\n", 1)[0][:MAX_ARGUMENT_CHARS]
