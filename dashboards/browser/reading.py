"""Entries as a person reads them: articles with a speaker and parts; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboards.browser.tools import MAX_BODY_CHARS, Call, call_of, moment, pretty, size
from dashboards.browser.window import Entry, Window
from include.extract.values import mapping

# Book-keeping lines without anything to read; their facts are in the session's head.
HIDDEN_TYPES = frozenset({
    "ai-title", "custom-title", "agent-name", "agent-color", "agent-setting", "tag", "last-prompt",
    "mode", "permission-mode", "queue-operation", "file-history-snapshot", "file-history-delta",
    "cost-state", "worktree-state", "relocated", "continued-in", "fork-context-ref",
    "ended-by-model", "bridge-session", "frame-link", "summary", "progress", "atis-latch",
    "task-summary", "speculation-accept", "attribution-snapshot", "content-replacement",
    "artifact-autoreact-ledger", "artifact-comment-monitor", "history-suppression", "turn_end",
    "marble-origami-commit", "marble-origami-snapshot",
})  # fmt: skip
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
HIDDEN_SYSTEM = frozenset({"turn_duration", "bridge_status", "stop_hook_summary"})
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


def articles(window: Window) -> list[Article]:
    """What the window's entries show; the blocks of one API message stand together."""
    shown: list[Article] = []
    for entry in window.entries:
        article = _article(entry, window)
        if article is None:
            continue
        last = shown[-1] if shown else None
        if last and article.message_id and last.message_id == article.message_id:
            shown[-1] = replace(last, parts=[*last.parts, *article.parts])
            continue
        goes_on = bool(last and last.role == article.role == "claude" and last.note == article.note)
        shown.append(replace(article, is_continued=goes_on))
    return shown


def role_of(body: dict[str, Any]) -> str:
    """The oldest logs wrote `type:"message"` or no type; the message knows its role."""
    kind = str(body.get("type") or "")
    if kind not in {"", "message"}:
        return kind
    message = body.get("message")
    return str((message.get("role") if isinstance(message, dict) else None) or body.get("role"))


def _article(entry: Entry, window: Window) -> Article | None:
    role = role_of(entry.body)
    at = moment(entry.body) or entry.document.get("eventAt")
    if role == "assistant":
        return _from_claude(entry, at, window)
    if role == "user":
        return _from_user(entry, at, window)
    if role == "system":
        return _from_system(entry, at)
    if role == "attachment":
        return _from_attachment(entry, at)
    if role in HIDDEN_TYPES or "type" not in entry.body:
        return None
    raw = pretty(entry.body)[:MAX_BODY_CHARS]
    part = Part("fold", raw, label=f"Entry of type {role}", entry_id=entry.id, size=size(len(raw)))
    return Article(entry.id, "system", at, [part])


def _from_claude(entry: Entry, at: datetime | None, window: Window) -> Article | None:
    message = entry.body.get("message")
    message = message if isinstance(message, dict) else {}
    parts = [part for part in _claude_parts(entry, at, window) if part]
    if not parts:
        return None
    model = str(message.get("model") or "")
    return Article(
        entry.id,
        "claude",
        at,
        parts,
        model="" if model == "<synthetic>" else short_model(model),
        message_id=str(message.get("id") or ""),
        note=_sidechain(entry),
        is_failed=bool(entry.body.get("isApiErrorMessage")),
    )


def _claude_parts(entry: Entry, at: datetime | None, window: Window) -> Iterator[Part | None]:
    for index, block in enumerate(entry.blocks):
        if not isinstance(block, dict):
            continue
        kind = str(block.get("type"))
        if kind == "text":
            yield _text("text", entry, index, str(block.get("text") or ""))
        elif kind == "thinking":
            text = str(block.get("thinking") or "")
            yield (
                Part("thinking", text, entry_id=entry.id, block=index, size=size(len(text)))
                if (text.strip())
                else None
            )
        elif kind in {"tool_use", "server_tool_use", "mcp_tool_use"}:
            answer = window.results.get(str(block.get("id")))
            yield Part("tool", entry_id=entry.id, call=call_of(entry.id, block, at, answer))
        elif kind != "redacted_thinking":
            yield _other(entry, index, block)


def _from_user(entry: Entry, at: datetime | None, window: Window) -> Article | None:
    parts = [part for part in _user_parts(entry, window) if part]
    if not parts:
        return None
    text = parts[0].text
    if text.startswith("[Request interrupted"):
        return Article(entry.id, "divider", at, note="Interrupted by you", is_failed=True)
    if entry.body.get("isCompactSummary"):
        return Article(entry.id, "system", at, [_fold("Summary of what came before", entry, text)])
    if entry.body.get("isMeta"):
        return Article(entry.id, "system", at, [_fold("Context", entry, text)])
    spoken = any(part.kind in {"prompt", "command", "image"} for part in parts)
    return Article(entry.id, "you" if spoken else "system", at, parts, note=_sidechain(entry))


def _user_parts(entry: Entry, window: Window) -> Iterator[Part | None]:
    for index, block in enumerate(entry.blocks):
        if not isinstance(block, dict):
            continue
        kind = block.get("type")
        if kind == "text":
            yield _prompt(entry, index, str(block.get("text") or ""))
        elif kind == "tool_result":
            # Shown with its call; a result whose call is not in the archive stands alone.
            if str(block.get("tool_use_id")) not in window.uses:
                yield _fold("Result of an unknown call", entry, pretty(block.get("content")))
        else:
            yield _other(entry, index, block)


def _prompt(entry: Entry, index: int, text: str) -> Part | None:
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
        return _fold(_LABELS[tagged[1]], entry, inner) if inner else None
    return _text("prompt", entry, index, text)


def _from_system(entry: Entry, at: datetime | None) -> Article | None:
    subtype = str(entry.body.get("subtype") or "")
    content = entry.body.get("content")
    text = content if isinstance(content, str) else ""
    if subtype in {"compact_boundary", "microcompact_boundary"}:
        return Article(entry.id, "divider", at, note=_compaction(entry.body))
    if subtype == "api_error":
        return Article(entry.id, "divider", at, note=_api_error(entry.body), is_failed=True)
    if subtype in HIDDEN_SYSTEM or not text.strip():
        return None
    part = _prompt(entry, 0, text)
    if part is None:
        return None
    if part.kind == "prompt":
        part = replace(part, kind="note")
    return Article(entry.id, "you" if part.kind == "command" else "system", at, [part])


def _from_attachment(entry: Entry, at: datetime | None) -> Article | None:
    given = entry.body.get("attachment")
    given = given if isinstance(given, dict) else {}
    kind = str(given.get("type") or "")
    if kind == "queued_command" and given.get("commandMode") != "task-notification":
        prompt = given.get("prompt")
        blocks = prompt if isinstance(prompt, list) else [{"type": "text", "text": prompt or ""}]
        texts = [str(block.get("text") or "") for block in blocks if isinstance(block, dict)]
        part = _prompt(entry, 0, "\n".join(texts))
        return Article(entry.id, "you", at, [part], note="queued") if part else None
    if kind == "hook_blocking_error":
        name = given.get("hookName") or given.get("hookEvent") or "hook"
        return Article(entry.id, "divider", at, note=f"Blocked by {name}", is_failed=True)
    return None


def _compaction(body: dict[str, Any]) -> str:
    facts = body.get("compactMetadata")
    facts = facts if isinstance(facts, dict) else {}
    before, after = facts.get("preTokens"), facts.get("postTokens")
    tokens = f" · {thousands(before)} tokens" if isinstance(before, int) else ""
    if tokens and isinstance(after, int):
        tokens = f" · {thousands(before)} → {thousands(after)} tokens"
    trigger = f" · {facts['trigger']}" if str(facts.get("trigger")) in {"auto", "manual"} else ""
    return f"Conversation compacted{tokens}{trigger}"


def _api_error(body: dict[str, Any]) -> str:
    error = body.get("error")
    status = error.get("status") if isinstance(error, dict) else None
    attempt = body.get("retryAttempt")
    again = f", attempt {attempt}" if isinstance(attempt, int) else ""
    return f"API error{f' {status}' if isinstance(status, int) else ''}{again}"


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


def _text(kind: str, entry: Entry, index: int, text: str) -> Part | None:
    if not text.strip():
        return None
    is_cut = len(text) > MAX_BODY_CHARS
    return Part(
        kind, text[:MAX_BODY_CHARS], entry_id=entry.id, block=index, size=size(len(text)),
        is_cut=is_cut,
    )  # fmt: skip


def _fold(label: str, entry: Entry, text: str) -> Part:
    shown = text[:MAX_BODY_CHARS]
    return Part("fold", shown, label=label, entry_id=entry.id, size=size(len(text)))


def _other(entry: Entry, index: int, block: dict[str, Any]) -> Part:
    kind = str(block.get("type") or "block")
    if is_picture(block):
        return Part("image", label="Image", entry_id=entry.id, block=index)
    return _fold(kind.replace("_", " ").capitalize(), entry, pretty(block))


def is_picture(block: object) -> bool:
    """An image that is in the archive and that a browser shows without running anything."""
    picture = mapping(block)
    source = mapping(picture.get("source"))
    is_shown = str(source.get("media_type")) in IMAGE_TYPES and "data" in source
    return picture.get("type") == "image" and is_shown


def _sidechain(entry: Entry) -> str:
    is_inline = entry.body.get("isSidechain") and not entry.body.get("agentId")
    return "subagent" if is_inline else ""
