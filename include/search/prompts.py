"""Which user entries a person wrote, and which Claude Code wrote in their name."""

import re
from typing import Any

from cca.extract.blocks import blocks_of, text_of
from cca.extract.values import mapping, mended, string

# How texts begin that Claude Code writes as the user; older entries say it in no other way.
# `<command-message>` is none of them: it opens a command that a person gave to Claude (/init).
_MACHINE_OPENINGS = (
    "<command-name>", "<local-command-stdout>", "<local-command-caveat>", "<bash-input>",
    "<bash-stdout>", "<bash-stderr>", "<task-notification>", "[Request interrupted", "Caveat:",
    "This session is being continued",
)  # fmt: skip
_COMMAND_NAME = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_COMMAND_ARGS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_REMINDERS = ("system-reminder", "ide_opened_file", "ide_selection")


def role_of(entry: dict[str, Any]) -> str | None:
    """user or assistant; the oldest logs have `message`, or no type, and name it inside."""
    kind = string(entry.get("type"))
    role = string(mapping(entry.get("message")).get("role")) if kind in {None, "message"} else kind
    return role if role in {"user", "assistant"} else None


def is_human_prompt(entry: dict[str, Any]) -> bool:
    """Whether a person asked; subagents' prompts come from the model."""
    if any(entry.get(flag) is True for flag in ("isSidechain", "isMeta", "isCompactSummary")):
        return False
    return is_queued_prompt(entry) or (role_of(entry) == "user" and _is_typed(entry))


def _is_typed(entry: dict[str, Any]) -> bool:
    blocks = blocks_of(entry)
    kinds = {str(mapping(block).get("type")) for block in blocks}
    if any(kind.endswith("tool_result") for kind in kinds):
        return False
    origin, source = mapping(entry.get("origin")).get("kind"), entry.get("promptSource")
    if origin is not None or source is not None:
        return bool(source != "system" if origin is None else origin == "human")
    typed = typed_text(text_of(blocks) or "")
    if not typed:
        return bool(kinds & {"image", "document"})
    return not typed.startswith(_MACHINE_OPENINGS)


def is_queued_prompt(entry: dict[str, Any]) -> bool:
    """A prompt typed while Claude was busy."""
    attachment = mapping(entry.get("attachment"))
    if entry.get("type") != "attachment" or attachment.get("type") != "queued_command":
        return False
    origin = mapping(attachment.get("origin")) or mapping(entry.get("origin"))
    is_prompt = attachment.get("commandMode", "prompt") == "prompt"
    return bool(is_prompt and origin.get("kind", "human") == "human")


def prompt_text(entry: dict[str, Any]) -> str:
    """What a human prompt says, without what the editor put before it."""
    if is_queued_prompt(entry):
        prompt = mapping(entry.get("attachment")).get("prompt")
        return text_of(blocks_of({"message": {"content": prompt}})) or ""
    return command_text(mended(typed_text(text_of(blocks_of(entry)) or "")))


def command_text(text: str) -> str:
    """A slash command as it was typed, without the tags around its parts; other text as it is."""
    name = _COMMAND_NAME.search(text)
    if name is None or not name[1].strip():
        return text
    given = _COMMAND_ARGS.search(text)
    return f"{name[1]} {given[1] if given else ''}".strip()


def typed_text(text: str) -> str:
    """The text after the reminders and editor notes that may open it."""
    text = text.strip()
    while opening := next((name for name in _REMINDERS if text.startswith(f"<{name}")), None):
        end = text.find(f"</{opening}>")
        if end < 0:
            return ""
        text = text[end + len(opening) + 3 :].lstrip()
    return text
