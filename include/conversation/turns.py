"""An entry as a turn of the conversation: who speaks, and the parts of what they say; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cca.conversation.notices import Notice, of_attachment, of_new_type, of_system
from cca.conversation.parts import Part, of_block, of_claude, texts
from cca.conversation.stored import StoredEntry
from cca.transcript.blocks import kind_of
from cca.transcript.commands import command_of_text
from cca.transcript.kinds import entry_kind, is_hidden, label_of_text
from cca.transcript.prompts import Said, said
from cca.transcript.roles import SYNTHETIC_MODEL, origin_of, role_of, signed_speaker
from cca.transcript.terminal import plain
from cca.transcript.values import mapping, string
from cca.transcript.wrappers import Wrapped, inner_text, pieces

NAMES = {
    "person": "You", "claude": "Claude", "tool": "Tool", "teammate": "Teammate", "task": "Task",
    "machine": "Note",
}  # fmt: skip
# Who sent a message, as its tag names them.
_SENDERS = (
    "teammate_id", "from_name", "from", "agent_name", "agent_id", "user_name", "username",
    "sender_name", "sender", "name", "session_name", "source",
)  # fmt: skip
_NAME_CHARACTERS = 60
_HEADLINE_CHARACTERS = 120
_OUTPUT = "<local-command-std"
# Kinds of entries in which plain words are somebody's own.
_SPOKEN = frozenset({"prompt", "command", "message", "channel"})


@dataclass(frozen=True)
class Turn:
    """What one entry shows. speaker: one of `transcript.roles.SPEAKERS`; `name` is their own.

    An entry with a `headline` and no parts is a line across the conversation. `note` says how it
    came: queued, from a channel, from a subagent inside the file.
    """

    entry: StoredEntry
    speaker: str
    name: str
    parts: tuple[Part, ...] = ()
    headline: str = ""
    note: str = ""
    model: str = ""
    message_id: str = ""
    is_failed: bool = False

    @property
    def at(self) -> datetime | None:
        """When it was said."""
        return self.entry.at

    @property
    def lines(self) -> tuple[Part, ...]:
        """The parts; a headline alone is a note."""
        return self.parts or (Part("note", self.headline, is_failed=self.is_failed),)

    @property
    def voice(self) -> str:
        """The name it is shown under: a result stands under the call it answers."""
        return NAMES["claude"] if self.speaker == "tool" else self.name


def turn_of(entry: StoredEntry) -> Turn | None:
    """Returns the turn of an entry; None for entries without anything to read."""
    body = entry.body
    role = role_of(body)
    if entry.is_lost and role:
        return _noted(entry, Notice("A long message is missing", is_failed=True))
    if role == "assistant":
        return _of_claude(entry)
    found = said(body, entry.blocks if role else None)
    return _of_user(entry, found) if found else _noted(entry, _notice(body))


def _notice(body: dict[str, Any]) -> Notice | None:
    kind = entry_kind(body, None)
    if is_hidden(kind) or "type" not in body:
        return None
    if kind == "system":
        return of_system(body)
    return of_attachment(body) if kind == "attachment" else of_new_type(body, kind)


def _of_claude(entry: StoredEntry) -> Turn | None:
    message = mapping(entry.body.get("message"))
    parts = tuple(of_claude(entry.blocks, entry.body))
    if not parts:
        return None
    model = string(message.get("model")) or ""
    return Turn(
        entry,
        "claude",
        NAMES["claude"],
        parts,
        note=_inline(entry),
        model="" if model == SYNTHETIC_MODEL else plain(model),
        message_id=string(message.get("id")) or "",
        is_failed=bool(entry.body.get("isApiErrorMessage")),
    )


def _of_user(entry: StoredEntry, found: Said) -> Turn | None:
    if found.kind == "interruption":
        return _noted(entry, Notice("Interrupted by you", is_failed=True))
    parts: list[Part] = []
    sender = ""
    for index, block in enumerate(entry.blocks):
        if kind_of(block) == "text":
            for piece in _pieces(entry, found, string(block.get("text")) or ""):
                sent_by = _sender(piece)
                sender = sender or sent_by
                if sent_by and sent_by != sender:
                    # Several messages came at once: the turn has the name of the first.
                    parts += texts("note", f"From {sent_by}:", index)
                parts += _of_piece(piece, index, found.kind)
        elif isinstance(block, dict):
            parts += of_block(index, block, entry.body)
    if not parts:
        return None
    # Nobody says what only Claude Code put around a text.
    is_note = all(part.kind == "fold" for part in parts)
    speaker = "machine" if is_note else _speaker(entry, found)
    is_named = speaker == "teammate" or found.kind == "channel"
    name = plain(sender)[:_NAME_CHARACTERS] if is_named and sender else NAMES[speaker]
    return Turn(entry, speaker, name, tuple(parts), note=_note(entry, found))


def _speaker(entry: StoredEntry, found: Said) -> str:
    """Who speaks; in a subagent's own file nobody is a person."""
    return "task" if entry.agent and found.speaker == "person" else found.speaker


def _pieces(entry: StoredEntry, found: Said, text: str) -> list[Wrapped]:
    """A text with the contexts around it apart; a summary stays whole."""
    if found.kind == "summary":
        return [Wrapped("summary", "machine", text)]
    apart = pieces(text, is_signed=signed_speaker(entry.body) == "person")
    if found.kind == "notification":
        # What a schedule, or another program, sent has no tag that says so.
        origin = origin_of(entry.body) or string(entry.body.get("turnOrigin")) or found.kind
        return [
            piece._replace(kind="notification", tag=origin) if piece.kind == "typed" else piece
            for piece in apart
        ]
    return apart


def _of_piece(piece: Wrapped, index: int, kind: str) -> Iterator[Part]:
    """The part of a piece of text, in an entry that says this kind of thing."""
    if piece.kind == "typed" and kind in _SPOKEN:
        yield from _of_words(piece.text, index)
    elif piece.kind in {"message", "channel"}:
        # Programs of a team tell each other in JSON that they wait.
        is_notice = piece.text.startswith("{") and not piece.headline.startswith("{")
        label = piece.headline if is_notice else ""
        yield from texts("fold" if is_notice else "prompt", piece.text, index, label)
    elif piece.kind == "shell" or kind == "shell":
        yield Part("command", label=f"! {piece.text.strip()}", block=index)
    elif piece.kind == "typed":
        yield from texts("note" if kind == "result" else "fold", piece.text, index,
                         label_of_text("", kind))  # fmt: skip
    else:
        yield from _of_notice(piece, index)


def _of_notice(piece: Wrapped, index: int) -> Iterator[Part]:
    """What Claude Code wrote in somebody's name; a notice of one line needs no fold."""
    label = label_of_text(piece.tag, piece.kind)
    if piece.kind not in {"notification", "schedule"}:
        yield from texts("fold", piece.text, index, label)
        return
    text = inner_text(piece.text)
    if "\n" not in text and len(text) <= _HEADLINE_CHARACTERS:
        yield from texts("note", f"{label}: {text}" if text else "", index)
    else:
        headline = piece.headline[:_HEADLINE_CHARACTERS]
        yield from texts("fold", text, index, f"{label}: {headline}")


def _of_words(text: str, index: int) -> Iterator[Part]:
    """A person's words, or the command that they are from beginning to end."""
    command = command_of_text(text)
    if command is None:
        yield from texts("prompt", text, index)
        return
    yield Part("command", command.arguments, command.name, index)
    start = text.find(_OUTPUT)
    if start >= 0 and _OUTPUT not in command.arguments:
        for piece in pieces(text[start:]):
            yield from texts("fold", piece.text, index, label_of_text(piece.tag, piece.kind))


def _sender(piece: Wrapped) -> str:
    """Who sent a message, as its tag says."""
    given = piece.attributes
    return next((given[name] for name in _SENDERS if given.get(name, "").strip()), "")


def _noted(entry: StoredEntry, notice: Notice | None) -> Turn | None:
    if notice is None:
        return None
    return Turn(entry, "machine", NAMES["machine"], notice.parts, notice.headline,
                is_failed=notice.is_failed)  # fmt: skip


def _note(entry: StoredEntry, found: Said) -> str:
    if entry.body.get("type") == "attachment":
        return "queued"
    return "channel" if found.kind == "channel" else _inline(entry)


def _inline(entry: StoredEntry) -> str:
    """The oldest logs have a subagent's lines among those of the conversation."""
    is_inline = entry.body.get("isSidechain") and not entry.body.get("agentId")
    return "subagent" if is_inline else ""
