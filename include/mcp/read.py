"""The tool `read`: what stands around an entry, long texts by reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cca.conversation.excerpt import Anchor, read_excerpt
from cca.conversation.order import ORDER, transcript_streams
from cca.conversation.parts import Part
from cca.conversation.stored import StoredEntry, find_entry
from cca.conversation.turns import Turn, turn_of
from cca.errors import NotFound
from cca.export.wording import asked
from cca.masking import mask_secrets
from cca.mcp.archive import Archive
from cca.mcp.reply import SAID_BY_OTHERS, Row, as_text, clean, fitted, moment, shortened, within

_LAST = "last"
# So much of a text stands in the row; `body` gives the rest.
_SHOWN_CHARACTERS = 700
# Parts that nobody said: long, and seldom what is looked for.
_ASIDE = frozenset({"fold", "thinking"})
TOOLS = ("none", "names", "inputs", "results")


@dataclass(frozen=True)
class _Wanted:
    """How much of tool calls is shown, and whether thinking and contexts are."""

    tools: str
    with_asides: bool


def read(  # noqa: PLR0913  (the arguments of the tool)
    archive: Archive, session: str, *, around: str = "", before: int = 3, after: int = 8,
    tools: str = "inputs", asides: bool = False, agent: str = "", body: str = "", offset: int = 0,
    max_bytes: int,
) -> Row:  # fmt: skip
    """Read a session around an entry, from its beginning, or up to its end."""
    archive.require_session(session)
    if body:
        return _body(archive, session, body, offset, max_bytes)
    anchor = _last(archive, session, agent) if around == _LAST else around
    if around not in {"", _LAST} and find_entry(archive.entries, session, around) is None:
        raise NotFound(f"no entry {around[:80]!r} in this session; take ids from an answer")
    entries = read_excerpt(archive.entries, session, agent, Anchor(anchor, "around")).entries
    at, wanted = _place(entries, anchor), _Wanted(tools, asides)
    earlier = list(_turns(entries[:at], wanted))[-before:] if before else []
    later = list(_turns(entries[at:], wanted))[: after + 1]
    head = {
        "note": SAID_BY_OTHERS, "session": session, "url": archive.link(session, anchor, agent),
    }  # fmt: skip
    return _arranged(earlier, later, head, max_bytes)


def _place(entries: Sequence[StoredEntry], anchor: str) -> int:
    for place, entry in enumerate(entries):
        calls = {str(block.get("id")) for block in entry.blocks if isinstance(block, dict)}
        if anchor in {entry.id, str(entry.body.get("uuid"))} | calls:
            return place
    return 0


def _last(archive: Archive, session: str, agent: str) -> str:
    streams = transcript_streams(archive.entries, session, agent)
    found = archive.entries.find_one(
        {"sessionKey": session, "stream": {"$in": streams}},
        {"_id": 1},
        sort=[(name, -1) for name, _ in ORDER],
    )
    return str(found["_id"]) if found else ""


def _turns(entries: Sequence[StoredEntry], wanted: _Wanted) -> Iterator[Row]:
    for entry in entries:
        turn = turn_of(entry)
        if turn is None:
            continue
        parts = [told for part in turn.lines if (told := _part(turn, part, wanted))]
        if parts:
            yield {"entry": entry.id, "at": moment(turn.at), "who": turn.name, "parts": parts}


def _part(turn: Turn, part: Part, wanted: _Wanted) -> Row:
    """One part in words; empty where it is not asked for."""
    if part.kind in _ASIDE and not wanted.with_asides:
        return {}
    if part.kind == "call":
        if wanted.tools == "none":
            return {}
        call = asked(part)
        argument = call.text if wanted.tools in {"inputs", "results"} else ""
        return {"call": f"{call.name} {call.argument}".strip(), **_text(argument)}
    if part.kind == "result":
        if wanted.tools != "results" and not part.is_failed:
            return {}
        return {"failed" if part.is_failed else "result": True, **_text(part.plain)}
    label = part.label if part.label and part.label != turn.name else ""
    return {part.kind: label or True, **_text(part.plain)}


def _text(text: str) -> Row:
    """The beginning of a text, and its length where there is more."""
    if not text:
        return {}
    # Before it is cut: half a secret is none that a rule would find.
    text = mask_secrets(text)
    if len(text) <= _SHOWN_CHARACTERS:
        return {"text": text}
    return {"text": shortened(text, _SHOWN_CHARACTERS), "characters": len(text)}


def _arranged(earlier: list[Row], later: list[Row], head: Row, most_bytes: int) -> Row:
    """The answer in reading order; what came long before the entry gives way first."""
    answer = fitted([*earlier, *later], head, most_bytes=most_bytes)
    while earlier and len(answer["rows"]) <= len(earlier):
        earlier = earlier[1:]
        answer = fitted([*earlier, *later], head, most_bytes=most_bytes)
    if answer.pop("more", ""):
        answer["cut"] = "not all fits: read around the last entry shown, or raise max_bytes"
    return answer


def _body(archive: Archive, session: str, entry_id: str, offset: int, most_bytes: int) -> Row:
    """The whole text of one entry, masked before it is cut so that no secret is cut in two."""
    entry = find_entry(archive.entries, session, entry_id)
    turn = turn_of(entry) if entry else None
    if entry is None or turn is None:
        raise NotFound(f"no entry {entry_id[:80]!r} with a text in this session")
    whole = str(clean("\n\n".join(filter(None, map(_whole, turn.lines)))))
    head: dict[str, Any] = {
        "note": SAID_BY_OTHERS, "entry": entry.id, "at": moment(turn.at), "who": turn.name,
        "characters": len(whole), "url": archive.link(session, entry.id),
    }  # fmt: skip
    head = clean(head)
    text = within(whole[offset:], max(100, most_bytes - len(as_text(head).encode()) - 40))
    end = offset + len(text)
    return {**head, "text": text} | ({"next_offset": end} if end < len(whole) else {})


def _whole(part: Part) -> str:
    if part.kind != "call":
        return part.plain
    call = asked(part)
    return f"{call.name} {call.argument}\n{call.text}".strip()
