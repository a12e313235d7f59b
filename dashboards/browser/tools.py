"""One line for a tool call: what it works on, what came of it, how long it took."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cca.conversation.calls import result_block, status_of
from cca.conversation.cards import card_of
from cca.conversation.figures import figure_of
from cca.conversation.stored import StoredEntry
from cca.transcript.results import error_text, result_text
from cca.transcript.terminal import plain
from cca.transcript.tools import argument, below, tool_name

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
# What the colour of a call says.
KIND_TITLES = {
    "read": "Reads or searches", "edit": "Changes a file", "run": "Runs a command",
    "agent": "Starts an agent or a skill",
}  # fmt: skip


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
    # The whole path, where the argument is a part of it.
    path: str
    status: str  # ok | failed | rejected | waiting
    figure: str
    duration: str
    error: str


def call_of(
    entry_id: str, block: dict[str, Any], asked_at: datetime | None, answer: StoredEntry | None,
    root: str = "",
) -> Call:  # fmt: skip
    """Returns the line of a call; `answer` is the entry with its result, if there is one.

    Paths below `root` are shown from there.
    """
    server, name = tool_name(str(block.get("name") or "tool"), block.get("server_name"))
    given = block.get("input")
    result = result_block(answer.body, str(block.get("id"))) if answer else None
    facts = answer.body.get("toolUseResult") if answer else None
    text = result_text(result.get("content")) if result else ""
    status = status_of(answer.body if answer else None, result)
    card = card_of(name, given, facts, text)
    whole = plain((card.headline if card else "") or argument(given))
    return Call(
        id=str(block.get("id") or ""),
        entry_id=entry_id,
        result_entry_id=answer.id if answer else "",
        name=name,
        server=server,
        kind="mcp" if server else KINDS.get(name, "other"),
        argument=_first_line(below(whole, root)),
        path=whole if whole != below(whole, root) else "",
        status=status,
        figure=figure_of(name, given, facts, text, status=status, card=card),
        duration=duration(asked_at, answer.at if answer else None),
        error=_first_line(error_text(text)) if status in {"failed", "rejected"} else "",
    )


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


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:MAX_ARGUMENT_CHARS]
