"""What a page shows of a message: its parts, cut to what a screen holds; pure."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cca.conversation.figures import length_of
from cca.conversation.parts import Part, size_of
from cca.dashboards.browser.pieces import MAX_BODY_CHARS
from cca.dashboards.browser.tools import Call
from cca.transcript.usage import usage_rows


@dataclass(frozen=True)
class ShownPart:
    """A part with its text cut; `number` is its place in its entry, `call` its line if it is one.

    kind: one of `conversation.parts.KINDS`.
    """

    kind: str
    entry_id: str
    number: int
    block: int = 0
    text: str = ""
    label: str = ""
    size: str = ""
    length: str = ""
    url: str = ""
    call_id: str = ""
    call: Call | None = None
    is_cut: bool = False
    is_failed: bool = False


@dataclass(frozen=True)
class Usage:
    """Tokens of an API message; `read` and `written` are the cache's part of what went in."""

    sent: int
    read: int
    written: int
    out: int


@dataclass(frozen=True)
class Article:
    """role: you, claude, teammate, system, divider or day; `name` is the speaker's.

    `is_continued` where the same speaker goes on. `note` is a divider's line, or how it came.
    """

    id: str
    role: str
    name: str
    at: datetime | None
    parts: list[ShownPart] = field(default_factory=list)
    model: str = ""
    message_id: str = ""
    note: str = ""
    is_failed: bool = False
    is_continued: bool = False
    is_masked: bool = False
    usage: Usage | None = None


def shown_part(part: Part, entry_id: str, number: int, call: Call | None = None) -> ShownPart:
    """Returns a part as a page shows it."""
    return ShownPart(
        part.kind, entry_id, number, part.block, part.text[:MAX_BODY_CHARS], part.label,
        size_of(len(part.text)) if part.text else "", length_of(part.text), part.url,
        part.call, call, is_cut=len(part.text) > MAX_BODY_CHARS, is_failed=part.is_failed,
    )  # fmt: skip


def short_model(model: object) -> str:
    """claude-haiku-4-5-20251001 as haiku-4-5; a bare number first would say too little."""
    return re.sub(r"-20\d{6}$", "", re.sub(r"^claude-(?=[a-z])", "", str(model)))


def usage_of(body: dict[str, Any]) -> Usage | None:
    """Returns an answer's tokens. Each line of a message repeats them; the last one is right."""
    row = next(iter(usage_rows(body)), None)
    if row is None:
        return None
    fresh, read = row.input_tokens or 0, row.cache_read_tokens or 0
    written, out = row.cache_creation_tokens or 0, row.output_tokens or 0
    sent = fresh + read + written
    return Usage(sent, read, written, out) if sent + out else None
