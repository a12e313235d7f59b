"""What was said in an entry and by whom; above all, which entries a person asked, and what."""

from typing import Any, NamedTuple

from cca.transcript.blocks import as_blocks, blocks_of, is_result, kind_of, text_of, texts_of
from cca.transcript.commands import command_of_text
from cca.transcript.roles import origin_of, role_of, signed_speaker
from cca.transcript.values import mapping, mended, string
from cca.transcript.wrappers import Wrapped, inner_text, machine_text, readable, typed_text

# All that `said` reads of an entry, for those who fetch no more.
READ_FIELDS = (
    "type", "subtype", "role", "message.role", "message.content", "content", "attachment", "origin",
    "promptSource", "turnOrigin", "isSidechain", "isMeta", "isCompactSummary",
    "sourceToolAssistantUUID",
)  # fmt: skip
_OTHERS = frozenset({"machine", "teammate"})
_KIND_OF = {"machine": "notification", "teammate": "message"}


class Said(NamedTuple):
    """What an entry says. speaker: one of `roles.SPEAKERS`.

    kind: prompt, command, answer, result, or one of `wrappers.Wrapped`. `text` is what a person
    typed, whole; of others what is to be read. `command` has its slash.
    """

    speaker: str
    kind: str
    text: str
    is_prompt: bool = False
    command: str | None = None
    headline: str = ""


def said(entry: dict[str, Any], blocks: list[Any] | None = None) -> Said | None:
    """Returns who says what; None for entries of no role that are neither queued nor commands.

    `blocks` are the entry's own, where the caller has them.
    """
    kind = entry.get("type")
    role = role_of(entry)
    if role == "assistant":
        return _ANSWER
    if role == "user":
        return _of_user(entry, blocks_of(entry) if blocks is None else blocks)
    if kind == "attachment":
        return _of_attachment(entry)
    if kind == "system" and entry.get("subtype") == "local_command":
        return _of_local_command(entry)
    return None


_ANSWER = Said("claude", "answer", "")
_RESULT = Said("tool", "result", "")
_STOPPED = "[Request interrupted"
_INTERRUPTED = Said("person", "interruption", _STOPPED)


def is_human_prompt(entry: dict[str, Any]) -> bool:
    """Tells whether a person asked; subagents' prompts come from the model."""
    found = said(entry)
    return found is not None and found.is_prompt


def prompt_text(entry: dict[str, Any]) -> str:
    """Returns what a human prompt says: exactly what the person typed, whole.

    A slash command reads as it was typed; a prompt of pictures alone names them in brackets.
    """
    found = said(entry)
    return mended(found.text) if found and found.is_prompt else ""


def command_of(entry: dict[str, Any]) -> str | None:
    """Returns the slash command that an entry gives, with its slash; None for other entries."""
    found = said(entry)
    return found.command if found else None


def speaker_of(entry: dict[str, Any]) -> str | None:
    """Returns who says what the entry says: one of `roles.SPEAKERS`, or None."""
    found = said(entry)
    return found.speaker if found else None


def is_queued_prompt(entry: dict[str, Any]) -> bool:
    """Tells whether a person typed it while Claude was busy."""
    return entry.get("type") == "attachment" and is_human_prompt(entry)


def queued_blocks(entry: dict[str, Any]) -> list[Any]:
    """Returns the content of a queued entry as blocks, pictures too; empty for others."""
    attachment = mapping(entry.get("attachment"))
    is_queued = attachment.get("type") == "queued_command"
    return as_blocks(attachment.get("prompt")) if is_queued else []


def _of_user(entry: dict[str, Any], blocks: list[Any]) -> Said:
    for block in blocks:
        if is_result(kind_of(block)):
            return _RESULT
    if isinstance(entry.get("sourceToolAssistantUUID"), str):
        # What a tool gives beside its result; a person who stops it is told in the same place.
        text = text_of(blocks) or ""
        return _INTERRUPTED if text.startswith(_STOPPED) else _RESULT
    return _spoken(entry, blocks, signed_speaker(entry))


def _of_attachment(entry: dict[str, Any]) -> Said | None:
    attachment = mapping(entry.get("attachment"))
    if attachment.get("type") != "queued_command":
        return None
    blocks = as_blocks(attachment.get("prompt"))
    signed = signed_speaker(entry)
    mode = attachment.get("commandMode")
    if mode == "bash":
        return Said("person", "shell", text_of(blocks) or "")
    if mode is not None and mode != "prompt":
        signed = signed or "machine"
    # Notices wait in the queue as prompts do, so the mode alone says nothing.
    return _spoken(entry, blocks, signed)


def _of_local_command(entry: dict[str, Any]) -> Said | None:
    content = entry.get("content")
    if not isinstance(content, str):
        return None
    command = command_of_text(content)
    if command is not None:
        return Said("person", "command", command.text, command=command.name)
    return _context(content)


def _spoken(entry: dict[str, Any], blocks: list[Any], signed: str | None) -> Said:
    """Returns what texts and pictures say, by the entry's signs first and then by the words."""
    typed, wrapped = _apart([text for text in map(typed_text, texts_of(blocks)) if text], signed)
    if entry.get("isSidechain") is True:
        return _of_sidechain(entry, typed or text_of(blocks) or "", wrapped)
    if entry.get("isCompactSummary") is True:
        return Said("machine", "summary", text_of(blocks) or "")
    if entry.get("isMeta") is True and origin_of(entry) != "channel":
        return _of_meta(entry, typed or text_of(blocks) or "", wrapped, signed)
    if signed in _OTHERS and wrapped is None:
        return Said(str(signed), _KIND_OF[str(signed)], typed)
    if wrapped is not None:
        return _other(wrapped, signed)
    return _of_person(typed, blocks, signed)


def _apart(texts: list[str], signed: str | None) -> tuple[str, Wrapped | None]:
    """Returns a person's own words, or else the message that Claude Code wrote in their name.

    A person may write about any tag: where the entry says that they typed, all words are theirs.
    """
    own: list[str] = []
    first: Wrapped | None = None
    for text in texts:
        found = machine_text(text, is_signed=signed == "person")
        if found is None:
            own.append(text)
        elif first is None:
            first = found
            # What follows a message of another session explains it.
            if found.speaker == "teammate" and not own:
                return "", found
    return ("\n\n".join(own), None) if own else ("", first)


def _of_sidechain(entry: dict[str, Any], text: str, wrapped: Wrapped | None) -> Said:
    """A subagent is asked by Claude, or by a teammate."""
    if wrapped is not None and wrapped.speaker == "teammate":
        return _other(wrapped, None)
    return Said("machine" if entry.get("isMeta") is True else "task", "prompt", text)


def _of_meta(entry: dict[str, Any], text: str, wrapped: Wrapped | None, signed: str | None) -> Said:
    """Claude Code wrote it for itself, or passes on what a channel or another session said."""
    if wrapped is not None and (wrapped.kind == "channel" or wrapped.speaker != "person"):
        return _other(wrapped, None)
    if signed == "teammate":
        return Said("teammate", "message", text)
    # Nobody but the entry's own sign tells what a schedule asked from any other context.
    is_turn = signed == "machine" and string(entry.get("turnOrigin")) not in (None, "", "human")
    return Said("machine", "notification", text) if is_turn and text else _context(text)


def _of_person(typed: str, blocks: list[Any], signed: str | None) -> Said:
    command = command_of_text(typed)
    if command is not None:
        # One that Claude Code answers itself is no prompt, unless the entry says otherwise.
        is_prompt = signed == "person" or not command.is_local
        return Said("person", "command", command.text, is_prompt, command.name)
    if typed:
        return Said("person", "prompt", typed, is_prompt=True)
    shown = [name for block in blocks if (name := _attached(block))]
    text = " ".join(shown) or (text_of(blocks) or "").strip()
    if shown or (signed == "person" and text):
        return Said("person", "prompt", text, is_prompt=True)
    return _context(text)


def _context(text: str) -> Said:
    return Said("machine", "context", readable(text))


def _other(wrapped: Wrapped, signed: str | None) -> Said:
    is_person = wrapped.speaker == "person" and signed not in _OTHERS
    speaker = str(signed) if wrapped.speaker == "person" and not is_person else wrapped.speaker
    text = inner_text(wrapped.text) if wrapped.kind == "notification" else wrapped.text
    is_prompt = is_person and wrapped.kind == "channel"
    return Said(speaker, wrapped.kind, text, is_prompt, headline=wrapped.headline)


def _attached(block: Any) -> str:
    """Returns a picture or a document in brackets, as Claude Code writes them in prompts."""
    kind = kind_of(block)
    if kind == "image":
        return "[Image]"
    title = mapping(block).get("title")
    named = f": {title}" if isinstance(title, str) and title else ""
    return f"[Document{named}]" if kind == "document" else ""
