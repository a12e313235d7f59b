"""An entry as a turn of the conversation: who speaks, and the parts of what is said; pure."""

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from cca.annotations import Mark
from cca.export.sessions import Entry
from cca.transcript.blocks import blocks_of
from cca.transcript.commands import command_of_text
from cca.transcript.prompts import is_human_prompt, is_queued_prompt, prompt_text
from cca.transcript.roles import role_of
from cca.transcript.times import parse_timestamp
from cca.transcript.values import mapping, mended

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_EDITS = frozenset({"Edit", "MultiEdit"})
# A lone argument of this length stands beside the tool's name.
_LINE = 160


@dataclass(frozen=True)
class Part:
    """kind: text, thinking, call, result, image or note; `language` is that of a call."""

    kind: str
    text: str
    name: str = ""
    language: str = ""
    is_failed: bool = False


@dataclass(frozen=True)
class Turn:
    """speaker: You, Claude, Tool, Task (what a subagent is asked) or Note."""

    speaker: str
    at: str
    parts: tuple[Part, ...]
    model: str = ""
    agent: str = ""
    mark: Mark | None = None

    @property
    def voice(self) -> str:
        """A result stands under the call it answers, not under a name of its own."""
        return "Claude" if self.speaker == "Tool" else self.speaker


@dataclass(frozen=True)
class Placed:
    """A turn after those before it: whether another agent begins, whether the voice goes on."""

    turn: Turn
    opens_agent: bool
    is_same_voice: bool


def placed(entries: Iterable[Entry]) -> Iterator[Placed]:
    """What there is to read of a session, in order."""
    agent, voice = "", ""
    for entry in entries:
        turn = turn_of(entry)
        if turn is None:
            continue
        opens_agent = turn.agent != agent
        yield Placed(turn, opens_agent, turn.voice == voice and not opens_agent)
        agent, voice = turn.agent, turn.voice


def turn_of(entry: Entry) -> Turn | None:
    """None for lines without anything to read, such as titles, modes and snapshots."""
    body = entry.body
    role = role_of(body)
    if role == "assistant":
        parts, speaker = tuple(_said(blocks_of(body))), "Claude"
    elif role == "user":
        parts = tuple(_given(body))
        speaker = _speaker(body, entry.agent, parts)
    elif is_queued_prompt(body):
        parts, speaker = (Part("text", prompt_text(body)),), "You"
    elif body.get("type") == "system":
        parts, speaker = tuple(_remark(body)), "Note"
    else:
        return None
    if not parts:
        return None
    at = parse_timestamp(body.get("timestamp")) or entry.at
    model = str(mapping(body.get("message")).get("model") or "") if role == "assistant" else ""
    told_at = at.isoformat(timespec="seconds") if at else ""
    return Turn(speaker, told_at, parts, model, entry.agent, entry.mark)


def _speaker(body: dict[str, Any], agent: str, parts: tuple[Part, ...]) -> str:
    if all(part.kind in {"result", "image"} for part in parts) and any(
        part.kind == "result" for part in parts
    ):
        return "Tool"
    if agent or body.get("isSidechain") is True:
        return "Task"
    return "You" if is_human_prompt(body) else "Note"


def _said(blocks: list[Any]) -> Iterator[Part]:
    for block in map(mapping, blocks):
        kind = str(block.get("type"))
        if kind == "text" and _text(block).strip():
            yield Part("text", _text(block))
        elif kind == "thinking" and str(block.get("thinking") or "").strip():
            yield Part("thinking", mended(str(block["thinking"])))
        elif kind.endswith("tool_use"):
            yield _call(str(block.get("name") or "tool"), block.get("input"))
        elif kind.endswith("tool_result"):
            yield from _result(block)


def _given(body: dict[str, Any]) -> Iterator[Part]:
    for block in map(mapping, blocks_of(body)):
        kind = str(block.get("type"))
        if kind.endswith("tool_result"):
            yield from _result(block)
        elif kind == "image":
            yield from _image(block)
        elif (text := _as_typed(_text(block))).strip():
            yield Part("text" if is_human_prompt(body) else "note", text)


def _remark(body: dict[str, Any]) -> Iterator[Part]:
    if str(body.get("subtype") or "").endswith("compact_boundary"):
        yield Part("note", "Conversation compacted")
    elif isinstance(content := body.get("content"), str) and content.strip():
        yield Part("note", _as_typed(mended(content)))


def _as_typed(text: str) -> str:
    command = command_of_text(text)
    return command.text if command else text


def _call(name: str, given: Any) -> Part:
    """What was asked of a tool, the way a person would read it."""
    values = mapping(given)
    path = str(values.get("file_path") or values.get("notebook_path") or "")
    if name == "Bash" and isinstance(values.get("command"), str):
        return Part("call", mended(values["command"]), name, "bash")
    if name in _EDITS and path:
        return Part("call", mended(_diff(values)), f"{name} {path}", "diff")
    if name == "Write" and isinstance(values.get("content"), str):
        language = PurePath(path).suffix.lstrip(".")
        return Part("call", mended(values["content"]), f"{name} {path}", language)
    alone = next(iter(values.values()), None)
    if len(values) == 1 and isinstance(alone, str) and len(alone) <= _LINE and "\n" not in alone:
        return Part("call", "", f"{name} {mended(alone)}")
    text = json.dumps(given, ensure_ascii=False, indent=2, default=str)
    return Part("call", mended(text), name, "json")


def _diff(values: dict[str, Any]) -> str:
    edits = values.get("edits")
    changes = edits if isinstance(edits, list) else [values]
    lines: list[str] = []
    for change in map(mapping, changes):
        before = str(change.get("old_string") or "").splitlines()
        after = str(change.get("new_string") or "").splitlines()
        # The first two lines name files that are one and the same.
        lines += list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return "\n".join(lines)


def _result(block: dict[str, Any]) -> Iterator[Part]:
    content = block.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [part if isinstance(part, str) else _text(mapping(part)) for part in parts if part]
    failed = block.get("is_error") is True
    yield Part("result", mended("\n".join(filter(None, texts))), is_failed=failed)
    for part in map(mapping, parts):
        if part.get("type") == "image":
            yield from _image(part)


def _image(block: dict[str, Any]) -> Iterator[Part]:
    source = mapping(block.get("source"))
    kind, data = str(source.get("media_type") or ""), source.get("data")
    if kind in IMAGE_TYPES and isinstance(data, str):
        yield Part("image", data, kind)


def _text(block: dict[str, Any]) -> str:
    text = block.get("text")
    return mended(text) if isinstance(text, str) else ""
