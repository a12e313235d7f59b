"""Entries as a person reads them: articles with a speaker and parts; pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from cca.dashboards.browser.parts import (
    Article,
    Part,
    fold_part,
    other_part,
    prompt_part,
    short_model,
    text_part,
    thousands,
    usage_of,
)
from cca.dashboards.browser.tools import MAX_BODY_CHARS, call_of, moment, pretty, size
from cca.dashboards.browser.window import Entry, Window

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
HIDDEN_SYSTEM = frozenset({"turn_duration", "bridge_status", "stop_hook_summary"})


def articles(window: Window) -> list[Article]:
    """What the window's entries show; the blocks of one API message stand together."""
    shown: list[Article] = []
    for entry in window.entries:
        article = _missing(entry) or _article(entry, window)
        if article is None:
            continue
        if entry.is_masked or any(_is_masked(part, window) for part in article.parts):
            article = replace(article, is_masked=True)
        last = shown[-1] if shown else None
        if last and article.message_id and last.message_id == article.message_id:
            shown[-1] = replace(
                last,
                parts=[*last.parts, *article.parts],
                is_masked=last.is_masked or article.is_masked,
                usage=article.usage or last.usage,
            )
            continue
        goes_on = bool(last and last.role == article.role == "claude" and last.note == article.note)
        shown.append(replace(article, is_continued=goes_on))
    return shown


def _is_masked(part: Part, window: Window) -> bool:
    answer = window.results.get(part.call.id) if part.call else None
    return answer is not None and answer.is_masked


def _missing(entry: Entry) -> Article | None:
    """What stands for a line that GridFS should hold and does not."""
    if "rawFile" not in entry.document or "message" in entry.body:
        return None
    if role_of(entry.body) not in {"assistant", "user"}:
        return None
    at = entry.document.get("eventAt")
    return Article(entry.id, "divider", at, note="A long message is missing", is_failed=True)


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
        usage=usage_of(message),
    )


def _claude_parts(entry: Entry, at: datetime | None, window: Window) -> Iterator[Part | None]:
    for index, block in enumerate(entry.blocks):
        if not isinstance(block, dict):
            continue
        kind = str(block.get("type"))
        if kind == "text":
            yield text_part("text", entry, index, str(block.get("text") or ""))
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
            yield other_part(entry, index, block)


def _from_user(entry: Entry, at: datetime | None, window: Window) -> Article | None:
    parts = [part for part in _user_parts(entry, window) if part]
    if not parts:
        return None
    text = parts[0].text
    if text.startswith("[Request interrupted"):
        return Article(entry.id, "divider", at, note="Interrupted by you", is_failed=True)
    if entry.body.get("isCompactSummary"):
        return Article(
            entry.id, "system", at, [fold_part("Summary of what came before", entry, text)]
        )
    if entry.body.get("isMeta"):
        return Article(entry.id, "system", at, [fold_part("Context", entry, text)])
    spoken = any(part.kind in {"prompt", "command", "image"} for part in parts)
    return Article(entry.id, "you" if spoken else "system", at, parts, note=_sidechain(entry))


def _user_parts(entry: Entry, window: Window) -> Iterator[Part | None]:
    for index, block in enumerate(entry.blocks):
        if not isinstance(block, dict):
            continue
        kind = block.get("type")
        if kind == "text":
            yield prompt_part(entry, index, str(block.get("text") or ""))
        elif kind == "tool_result":
            # Shown with its call; a result whose call is not in the archive stands alone.
            if str(block.get("tool_use_id")) not in window.uses:
                yield fold_part("Result of an unknown call", entry, pretty(block.get("content")))
        else:
            yield other_part(entry, index, block)


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
    part = prompt_part(entry, 0, text)
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
        part = prompt_part(entry, 0, "\n".join(texts))
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


def _sidechain(entry: Entry) -> str:
    is_inline = entry.body.get("isSidechain") and not entry.body.get("agentId")
    return "subagent" if is_inline else ""
