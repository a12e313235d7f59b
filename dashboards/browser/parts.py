"""The parts of a message as a person reads them; pure."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cca.dashboards.browser.tools import MAX_BODY_CHARS, Call, pretty, size
from cca.dashboards.browser.window import Entry
from cca.transcript.values import mapping

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_TAGGED = re.compile(
    r"\s*<(local-command-stdout|local-command-stderr|local-command-caveat|bash-input|bash-stdout|"
    r"bash-stderr|task-notification|system-reminder|ide_opened_file|ide_selection|"
    r"user-prompt-submit-hook)>(.*)",
    re.DOTALL,
)
_CLOSING = re.compile(r"</[a-z_-]+>\s*<[a-z_-]+>|</[a-z_-]+>")
_LABELS = {
    "local-command-stdout": "Command output", "local-command-stderr": "Command output",
    "local-command-caveat": "Note", "bash-input": "Shell command", "bash-stdout": "Shell output",
    "bash-stderr": "Shell output", "task-notification": "Task finished",
    "system-reminder": "Reminder", "ide_opened_file": "File open in the editor",
    "ide_selection": "Selection in the editor", "user-prompt-submit-hook": "Hook",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """kind: text, prompt, thinking, tool, image, fold, command, note."""

    kind: str
    text: str = ""
    label: str = ""
    entry_id: str = ""
    block: int = 0
    size: str = ""
    call: Call | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Usage:
    """Tokens of an API message; `read` and `written` are the cache's part of what went in."""

    sent: int
    read: int
    written: int
    out: int


@dataclass(frozen=True)
class Article:
    """role: you, claude, system, divider; `is_continued` where the same speaker goes on."""

    id: str
    role: str
    at: datetime | None
    parts: list[Part] = field(default_factory=list)
    model: str = ""
    message_id: str = ""
    note: str = ""
    is_failed: bool = False
    is_continued: bool = False
    is_masked: bool = False
    usage: Usage | None = None


def prompt_part(entry: Entry, index: int, text: str) -> Part | None:
    if not text.strip():
        return None
    if command := _COMMAND.search(text):
        given = _ARGUMENTS.search(text)
        name = command[1].strip()
        return Part(
            "command",
            (given[1].strip() if given else "")[:MAX_BODY_CHARS],
            label=name if name.startswith("/") else f"/{name}",
        )
    if tagged := _TAGGED.match(text):
        inner = _CLOSING.sub("\n", tagged[2]).strip()
        return fold_part(_LABELS[tagged[1]], entry, inner) if inner else None
    return text_part("prompt", entry, index, text)


def short_model(model: object) -> str:
    """claude-haiku-4-5-20251001 as haiku-4-5; a bare number first would say too little."""
    return re.sub(r"-20\d{6}$", "", re.sub(r"^claude-(?=[a-z])", "", str(model)))


def thousands(number: object) -> str:
    """12 345 as 12.3k, the way a person says it."""
    value = float(number) if isinstance(number, int | float) else 0.0
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{value / scale:.1f}{unit}"
    return f"{value:.0f}"


def text_part(kind: str, entry: Entry, index: int, text: str) -> Part | None:
    if not text.strip():
        return None
    is_cut = len(text) > MAX_BODY_CHARS
    return Part(
        kind, text[:MAX_BODY_CHARS], entry_id=entry.id, block=index, size=size(len(text)),
        is_cut=is_cut,
    )  # fmt: skip


def fold_part(label: str, entry: Entry, text: str) -> Part:
    shown = text[:MAX_BODY_CHARS]
    return Part("fold", shown, label=label, entry_id=entry.id, size=size(len(text)))


def other_part(entry: Entry, index: int, block: dict[str, Any]) -> Part:
    kind = str(block.get("type") or "block")
    if is_picture(block):
        return Part("image", label="Image", entry_id=entry.id, block=index)
    return fold_part(kind.replace("_", " ").capitalize(), entry, pretty(block))


def is_picture(block: object) -> bool:
    """An image that is in the archive and that a browser shows without running anything."""
    picture = mapping(block)
    source = mapping(picture.get("source"))
    is_shown = str(source.get("media_type")) in IMAGE_TYPES and "data" in source
    return picture.get("type") == "image" and is_shown


def usage_of(message: dict[str, Any]) -> Usage | None:
    """Each line of a message repeats its usage; the last one tells what it came to."""
    told = mapping(message.get("usage"))
    names = (
        "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens",
    )  # fmt: skip
    fresh, read, written, out = (_count(told.get(name)) for name in names)
    return (
        Usage(fresh + read + written, read, written, out) if fresh + read + written + out else None
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
