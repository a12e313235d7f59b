"""Kinds of entries and blocks: which of them show something, and how they are called."""

from typing import Any

from cca.transcript.values import mapping, string

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
# System entries that count or time something; a hook's summary shows only where a hook failed.
HIDDEN_SYSTEM = frozenset({"turn_duration", "bridge_status"})
# Small files beside a transcript, kept as entries of their own.
SIDE_FILES = frozenset({"agent-meta", "workflow", "tool-result"})
# Entries with an envelope: uuid, parentUuid, timestamp.
ENVELOPED = frozenset({"user", "assistant", "message", "system", "attachment", "progress"})
# Entries of a type beside these are shown field by field, and so are system entries of a subtype
# beside these that have no text.
KNOWN_TYPES = ENVELOPED | HIDDEN_TYPES | SIDE_FILES | {"pr-link"}
_KNOWN_SYSTEM = HIDDEN_SYSTEM | {
    "compact_boundary", "microcompact_boundary", "api_error", "stop_hook_summary",
}  # fmt: skip
# Fields that every entry has. A reader learns nothing from them.
ENVELOPE_FIELDS = frozenset({
    "type", "uuid", "parentUuid", "timestamp", "sessionId", "session_id", "version", "cwd",
    "gitBranch", "userType", "isSidechain", "entrypoint", "slug", "isMeta", "level", "subtype",
})  # fmt: skip
# Attachments that tell Claude about tools, settings, limits and accounts, and say nothing about the
# work. All others are shown and searched, also those of a kind that is not known here.
HIDDEN_ATTACHMENTS = frozenset({
    "agent_listing_delta", "already_read_file", "auto_mode", "auto_mode_exit",
    "bash_output_audience_note", "batching_reminder_sent", "budget_usd", "companion_intro",
    "compact_file_reference", "compaction_reminder", "context_efficiency", "context_sections",
    "coordinator_context", "credential_org", "critical_system_reminder", "current_session_memory",
    "date", "date_change", "deferred_tools_delta", "deferred_tools_record", "dynamic_skill",
    "environment", "instructions", "invoked_skills", "language", "mcp_instructions_delta", "model",
    "nested_memory", "output_style", "output_style_instructions", "output_token_usage",
    "plan_file_reference", "plan_mode", "plan_mode_exit", "plan_mode_reentry", "prompt_snapshot",
    "read_truncation_notice", "relevant_memories", "remote_session_change", "sandbox_instructions",
    "session_context", "silent_turn_reminder", "skill_discovery", "skill_listing", "task_progress",
    "task_reminder", "task_status", "team_context", "thinking_drop", "thinking_stripped", "todo",
    "todo_reminder", "token_usage", "total_tokens_reminder", "ultra_effort_enter",
    "ultra_effort_exit", "verify_plan_reminder",
})  # fmt: skip
# Attachments whose own fields are shown in a way of their own; hooks beside these.
_LISTED_ATTACHMENTS = frozenset({
    "queued_command", "file", "directory", "edited_text_file", "command_permissions",
    "diagnostics", "structured_output", "pdf_reference", "new_file", "edited_image_file",
    "selected_lines_in_ide", "opened_file_in_ide",
})  # fmt: skip
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Blocks of content beside text, thinking, calls and results.
BLOCK_LABELS = {
    "document": "Document", "resource_link": "Link", "resource": "Resource",
    "tool_reference": "Tool", "container_upload": "Uploaded file", "fallback": "Other model",
    "search_result": "Search result", "image": "Image", "redacted_thinking": "Thinking",
}  # fmt: skip
# How a text is called that one of Claude Code's tags, or kinds of text, stands around.
TEXT_LABELS = {
    "local-command-stdout": "Command output", "local-command-stderr": "Command output",
    "local-command-caveat": "Note", "bash-input": "Shell command", "bash-stdout": "Shell output",
    "bash-stderr": "Shell output", "task-notification": "Task finished",
    "system-reminder": "Reminder", "ide_opened_file": "File open in the editor",
    "ide_selection": "Selection in the editor", "ide_diagnostics": "Problems in the editor",
    "new-diagnostics": "Problems in the editor", "user-prompt-submit-hook": "Hook",
    "session-start-hook": "Hook", "teammate-message": "Message of a teammate",
    "agent-message": "Message of an agent", "cross-session-message": "Message of another session",
    "message": "Message of another session", "notification": "Notification",
    "schedule": "Scheduled", "scheduled": "Scheduled", "hook": "Hook",
    "skill": "Skill", "context": "Context",
    "summary": "Summary of what came before", "channel": "Message from a channel",
    "shell": "Shell command",
}  # fmt: skip


_MESSAGE = ("role", "content", "usage")
_IDS = ("uuid", "sessionId", "leafUuid", "messageId")


def is_entry(value: object) -> bool:
    """Returns whether a parsed line is an entry of a transcript, and not a line of another log.

    It has a known type and an id or a message, or an unknown type and both ids, or a message with
    a role and no type.
    """
    if not isinstance(value, dict):
        return False
    kind, message = value.get("type"), value.get("message")
    ids = [name for name in _IDS if isinstance(value.get(name), str)]
    is_message = isinstance(message, dict) and not message.keys().isdisjoint(_MESSAGE)
    if kind in ENVELOPED or kind in HIDDEN_TYPES:
        return is_message or bool(ids)
    if isinstance(kind, str):
        return "uuid" in ids and "sessionId" in ids
    return is_message


def entry_kind(entry: dict[str, Any], role: str | None) -> str:
    """Returns the entry's type; entries without one, and of the oldest logs, are their role's."""
    kind = entry.get("type")
    if not isinstance(kind, str) or not kind or kind == "message":
        return role or (kind if isinstance(kind, str) and kind else "unknown")
    return kind


def is_new_kind(entry: dict[str, Any]) -> bool:
    """Tells whether nobody listed the entry's type: all its fields are what there is to read."""
    kind = entry.get("type")
    if kind == "system" and not isinstance(entry.get("content"), str):
        subtype = entry.get("subtype")
        return isinstance(subtype, str) and bool(subtype) and subtype not in _KNOWN_SYSTEM
    return isinstance(kind, str) and bool(kind) and kind not in KNOWN_TYPES


def attachment_kind(entry: dict[str, Any]) -> str:
    """Returns the type of an entry's attachment; "" where it has none that is a word."""
    kind = mapping(entry.get("attachment")).get("type")
    return kind if isinstance(kind, str) else ""


def is_listed_attachment(kind: str) -> bool:
    """Tells whether somebody listed the attachment's type, as one to show or to hide."""
    return kind in _LISTED_ATTACHMENTS or kind in HIDDEN_ATTACHMENTS or kind.startswith("hook_")


def subtype_of(entry: dict[str, Any]) -> str | None:
    """Returns the subtype of a system entry, or the type of an attachment."""
    found = entry.get("subtype")
    if not found and "attachment" in entry:
        found = mapping(entry["attachment"]).get("type")
    return found if isinstance(found, str) else None


def is_hidden(kind: str) -> bool:
    """Tells whether entries of this type show nothing; an unknown type is shown."""
    return kind in HIDDEN_TYPES or kind in SIDE_FILES


def is_picture(block: object) -> bool:
    """Tells whether a block is an image that a browser shows without running anything."""
    picture = mapping(block)
    source = mapping(picture.get("source"))
    is_shown = string(source.get("media_type")) in IMAGE_TYPES and isinstance(
        source.get("data"), str
    )
    return picture.get("type") == "image" and is_shown


def label_of_text(tag: str, kind: str) -> str:
    """Returns what a fold over such a text is called (see `wrappers.Wrapped`)."""
    named = TEXT_LABELS.get(tag) or TEXT_LABELS.get(kind)
    return named or (tag or kind).replace("-", " ").replace("_", " ").capitalize()


def label_of_block(kind: str) -> str:
    """Returns what a fold over a block of this kind is called."""
    return BLOCK_LABELS.get(kind) or kind.replace("_", " ").capitalize()
