"""What Claude Code notes between messages: system entries, hooks, attachments, new types; pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from cca.conversation.parts import Part, pretty, texts, thousands
from cca.transcript.kinds import (
    ENVELOPE_FIELDS,
    HIDDEN_ATTACHMENTS,
    HIDDEN_SYSTEM,
    attachment_kind,
    is_listed_attachment,
)
from cca.transcript.results import document_text
from cca.transcript.values import mapping, string
from cca.transcript.wrappers import readable

_HOOK_TEXTS = (
    "blockingError", "content", "message", "stdout", "stderr", "stopReason", "reason",
)  # fmt: skip
_LINE_CHARACTERS = 200


class Notice(NamedTuple):
    """A note: a line of its own (`headline`), or parts; `is_failed` where something went wrong."""

    headline: str = ""
    parts: tuple[Part, ...] = ()
    is_failed: bool = False


def of_system(body: dict[str, Any]) -> Notice | None:
    """Returns what a system entry shows; None where it only counts or times something."""
    subtype = string(body.get("subtype")) or ""
    if subtype.endswith("compact_boundary"):
        return Notice(compaction(body))
    if subtype == "api_error":
        return Notice(_api_error(body), is_failed=True)
    if subtype == "stop_hook_summary":
        return _stop_hooks(body)
    if subtype in HIDDEN_SYSTEM:
        return None
    content = body.get("content")
    if isinstance(content, str):
        parts = tuple(texts("note", readable(content), 0))
        return Notice(parts=parts) if parts else None
    return _unknown(_named(subtype), body) if subtype else None


def of_attachment(body: dict[str, Any]) -> Notice | None:
    """Returns what an attachment shows of the work; None for lists of tools and the like."""
    given, kind = mapping(body.get("attachment")), attachment_kind(body)
    if kind in HIDDEN_ATTACHMENTS or kind == "queued_command":
        return None
    if not is_listed_attachment(kind):
        return _new_attachment(kind, body.get("attachment"))
    if kind.startswith("hook_"):
        return _hook(kind, given)
    name = next((given[key] for key in ("displayPath", "filename", "path")
                 if string(given.get(key))), "")  # fmt: skip
    text = _attached_text(given)
    label = " ".join(filter(None, (_named(kind), str(name))))
    return Notice(parts=(Part("fold", text, label),)) if text or name else None


def of_new_type(body: dict[str, Any], kind: str) -> Notice | None:
    """Returns what an entry of a type that nobody listed shows: its fields, a line each."""
    if kind == "pr-link":
        return _pull_request(body)
    return _unknown(_named(kind), body)


def compaction(body: dict[str, Any]) -> str:
    """Returns what a compaction did, on one line."""
    facts = mapping(body.get("compactMetadata"))
    before, after = facts.get("preTokens"), facts.get("postTokens")
    tokens = f" · {thousands(before)} tokens" if isinstance(before, int) else ""
    if tokens and isinstance(after, int):
        tokens = f" · {thousands(before)} → {thousands(after)} tokens"
    trigger = f" · {facts['trigger']}" if str(facts.get("trigger")) in {"auto", "manual"} else ""
    return f"Conversation compacted{tokens}{trigger}"


def _new_attachment(kind: str, given: object) -> Notice | None:
    fields = given if isinstance(given, dict) else {"text": given}
    named = {name: value for name, value in fields.items() if name != "type" or not kind}
    return _unknown(_named(kind or "attachment"), named)


def _hook(kind: str, given: dict[str, Any]) -> Notice | None:
    name = string(given.get("hookName")) or string(given.get("hookEvent")) or "hook"
    text = _hook_text(given)
    if kind in {"hook_blocking_error", "hook_stopped_continuation"}:
        label = f"{'Blocked' if kind == 'hook_blocking_error' else 'Stopped'} by {name}"
        return _failed(label, text)
    is_failed = kind in {"hook_non_blocking_error", "hook_error_during_execution"}
    if not text and not is_failed:
        return None
    label = f"Hook {name} failed" if is_failed else f"Hook {name}"
    return Notice(parts=(Part("fold", text, label, is_failed=is_failed),), is_failed=is_failed)


def _hook_text(given: dict[str, Any]) -> str:
    """What a hook said, each thing once: hooks repeat their output as content."""
    said: dict[str, None] = {}
    for name in _HOOK_TEXTS:
        value = given.get(name)
        if name == "blockingError" and isinstance(value, dict):
            value = value.get("blockingError") or value.get("message")
        items = value if isinstance(value, list) else [value]
        said |= dict.fromkeys(text.strip() for item in items if (text := string(item)))
    return "\n".join(filter(None, said))


def _stop_hooks(body: dict[str, Any]) -> Notice | None:
    """The summary of hooks that ran at a stop shows only where one failed or held Claude back."""
    errors = body.get("hookErrors")
    said = [_one(error) for error in errors] if isinstance(errors, list) else []
    is_stopped = body.get("preventedContinuation") is True
    said += [string(body.get("stopReason")) or ""] if is_stopped else []
    if not any(said) and not is_stopped:
        return None
    infos = body.get("hookInfos")
    named = [string(mapping(info).get("command")) or "" for info in
             (infos if isinstance(infos, list) else ())]  # fmt: skip
    label = " ".join(filter(None, ("Stop hook", "stopped Claude" if is_stopped else "failed",
                                   ", ".join(filter(None, named)))))  # fmt: skip
    text = "\n".join(filter(None, said))
    return _failed(label, text)


def _failed(label: str, text: str) -> Notice:
    said = f"{label}: {text}" if text else label
    return Notice(parts=(Part("note", said, is_failed=True),), is_failed=True)


def _one(error: object) -> str:
    values = mapping(error)
    text = values.get("blockingError") or values.get("message") or values.get("stderr") or error
    return text if isinstance(text, str) else pretty(text)


def _attached_text(given: dict[str, Any]) -> str:
    content = given.get("content")
    if isinstance(content, dict):
        content = mapping(content.get("file")).get("content") or content
    for value in (content, given.get("snippet")):
        if isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            return document_text(value)
    rest = {key: value for key, value in given.items() if key not in {"type", "displayPath"}}
    return "\n".join(_lines(rest))


def _pull_request(body: dict[str, Any]) -> Notice:
    url = string(body.get("prUrl")) or ""
    number = body.get("prNumber")
    name = f"Pull request{f' #{number}' if number is not None else ''}"
    where = string(body.get("prRepository")) or ""
    label = f"{name} in {where}" if where else name
    is_web = url.startswith(("https://", "http://"))
    return Notice(parts=(Part("link", url, label, url=url if is_web else ""),))


def _unknown(label: str, body: dict[str, Any]) -> Notice | None:
    fields = {name: value for name, value in body.items() if name not in ENVELOPE_FIELDS}
    text = "\n".join(_lines(fields))
    return Notice(parts=(Part("fold", text, label),)) if text else None


def _lines(fields: dict[str, Any]) -> Iterator[str]:
    """A line for each field that says something, its name in words."""
    for name, value in fields.items():
        if value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else pretty(value)
        is_long = "\n" in text or len(text) > _LINE_CHARACTERS
        yield f"{_words(name)}:\n{text}" if is_long else f"{_words(name)}: {text}"


def _api_error(body: dict[str, Any]) -> str:
    error = body.get("error")
    status = mapping(error).get("status")
    attempt = body.get("retryAttempt")
    again = f", attempt {attempt}" if isinstance(attempt, int) else ""
    return f"API error{f' {status}' if isinstance(status, int) else ''}{again}"


def _named(kind: str) -> str:
    return _words(kind).capitalize()


def _words(name: str) -> str:
    """A name of a program in words: runId as run id."""
    spaced = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name)
    return " ".join(spaced.replace("_", " ").replace("-", " ").split())
