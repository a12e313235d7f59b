"""Conversations as Markdown: prose as it was written, code and results in fences."""

import re
from collections.abc import Iterable, Iterator

from cca.annotations import Mark
from cca.export.sessions import Entry, Session
from cca.export.turns import Part, Turn, placed, turn_of

_TICKS = re.compile(r"`{3,}")
_FOLDED_CHARACTERS = 400


def write(conversations: Iterable[tuple[Session, Iterator[Entry]]]) -> Iterator[str]:
    for number, (session, entries) in enumerate(conversations):
        yield ("\n\n" if number else "") + head(session)
        for each in placed(entries):
            if each.opens_agent:
                yield f"\n## Subagent {each.turn.agent}\n"
            yield _turn(each.turn, is_same_speaker=each.is_same_voice)


def alone(entry: Entry) -> str:
    """What one entry says, without a speaker."""
    turn = turn_of(entry)
    return "".join(f"{_part(part)}\n\n" for part in turn.parts) if turn else ""


def head(session: Session) -> str:
    """Title and facts of a session."""
    folder = f"- Project: `{session.cwd or session.project_id}`\n"
    facts = f"{folder}- Session: `{session.id}`\n- {session.period}\n"
    return f"# {_line(session.title)}\n\n{facts}{_mark(session.mark)}"


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any in the text."""
    longest = max(map(len, _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _turn(turn: Turn, *, is_same_speaker: bool) -> str:
    facts = " · ".join(filter(None, (turn.at[:19].replace("T", " "), turn.model)))
    name = f"\n### {turn.voice} · {facts}\n" if not is_same_speaker else ""
    return name + "".join(f"\n{_part(part)}\n" for part in turn.parts) + _mark(turn.mark)


def _mark(mark: Mark | None) -> str:
    """What somebody wrote on a session or a message, as a quotation that says so."""
    if mark is None:
        return ""
    star = "★" if mark.is_starred else "Marked"
    tags = ", ".join(f"`{_line(tag)}`" for tag in mark.tags)
    first = " · ".join(filter(None, (star, tags, mark.by)))
    note = f"\n\n{mark.note}" if mark.note else ""
    return "\n" + "\n".join(f"> {line}".rstrip() for line in f"{first}{note}".split("\n")) + "\n"


def _part(part: Part) -> str:
    text = part.text.strip()
    if part.kind == "call":
        return _call(part)
    if part.kind == "result":
        return _result(part)
    if part.kind == "image":
        return f"*[{part.name}, {len(text) * 3 // 4 // 1000} kB]*"
    if part.kind == "note":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    return _folded("Thinking", text) if part.kind == "thinking" else text


def _call(part: Part) -> str:
    name, _, rest = _line(part.name).partition(" ")
    title = f"**{name}**" + (f" `` {rest} ``" if rest else "")
    return f"{title}\n\n{fenced(part.text, part.language)}" if part.text else title


def _result(part: Part) -> str:
    label = "Failed" if part.is_failed else "Result"
    if not part.text.strip():
        return f"*{label}: empty*"
    code = fenced(part.text)
    return _folded(label, code) if len(part.text) > _FOLDED_CHARACTERS else f"*{label}*\n\n{code}"


def _folded(label: str, text: str) -> str:
    return f"<details><summary>{label}</summary>\n\n{text}\n\n</details>"


def _line(text: str) -> str:
    return " ".join(text.split())
