"""Conversations as Markdown: prose as it was written, code and results in fences."""

import re
from collections.abc import Iterable, Iterator

from markupsafe import escape

from cca.annotations import Annotation
from cca.conversation.parts import Part
from cca.conversation.stored import StoredEntry
from cca.conversation.turns import Turn, turn_of
from cca.export.masking import MaskedPlaces
from cca.export.sessions import Session
from cca.export.wording import asked, at_of, placed, result_label, size_of_picture

_TICKS = re.compile(r"`{3,}")
_FOLDED_CHARACTERS = 400


def write(
    conversations: Iterable[tuple[Session, Iterator[StoredEntry]]], places: MaskedPlaces
) -> Iterator[str]:
    for number, (session, entries) in enumerate(conversations):
        yield ("\n\n" if number else "") + head(session)
        for each in placed(entries):
            if each.opens_agent:
                yield f"\n## Subagent {_line(session.agent(each.turn.entry.agent))}\n"
            yield _turn(session, each.turn, is_same_speaker=each.is_same_voice)
    if places.count:
        yield f"\n---\n\n*{places.sentence}*\n"


def alone(entry: StoredEntry) -> str:
    """What one entry says, without a speaker."""
    turn = turn_of(entry)
    return "".join(f"{_part(part)}\n\n" for part in turn.lines) if turn else ""


def head(session: Session) -> str:
    """Title and facts of a session."""
    folder = f"- Project: `{session.cwd or session.project_id}`\n"
    facts = f"{folder}- Session: `{session.id}`\n- {session.period}\n"
    return f"# {_line(session.title)}\n\n{facts}{_annotation(session.annotation)}"


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any in the text."""
    longest = max(map(len, _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _turn(session: Session, turn: Turn, *, is_same_speaker: bool) -> str:
    facts = " · ".join(filter(None, (at_of(turn)[:19].replace("T", " "), turn.model)))
    name = f"\n### {turn.voice} · {facts}\n" if not is_same_speaker else ""
    parts = (
        piece for part in turn.lines for piece in (_part(part), *_started(session, part)) if piece
    )
    return name + "".join(f"\n{piece}\n" for piece in parts) + _annotation(turn.entry.annotation)


def _annotation(annotation: Annotation | None) -> str:
    """What somebody wrote on a session or a message, as a quotation that says so."""
    if annotation is None:
        return ""
    star = "★" if annotation.is_starred else "Marked"
    tags = ", ".join(f"`{_line(tag)}`" for tag in annotation.tags)
    first = " · ".join(filter(None, (star, tags, annotation.by)))
    note = f"\n\n{annotation.note}" if annotation.note else ""
    return "\n" + "\n".join(f"> {line}".rstrip() for line in f"{first}{note}".split("\n")) + "\n"


def _started(session: Session, part: Part) -> list[str]:
    """Names the subagents that a call started, whose conversations stand below."""
    agents = session.started_by(part.call) if part.kind == "call" else []
    return [f"*Started subagent {_line(agent)}, below.*" for agent in agents]


def _part(part: Part) -> str:
    text = part.plain.strip()
    worded = _WORDED.get(part.kind)
    return worded(part, text) if worded else text


def _call(part: Part, _: str) -> str:
    call = asked(part)
    title = f"**{_line(call.name)}**" + (f" `` {_line(call.argument)} ``" if call.argument else "")
    return f"{title}\n\n{fenced(call.text, call.language)}" if call.text else title


def _result(part: Part, text: str) -> str:
    label = _line(result_label(part))
    if not text:
        return f"*{label}: empty*"
    code = fenced(part.plain)
    return _folded(label, code) if len(text) > _FOLDED_CHARACTERS else f"*{label}*\n\n{code}"


def _image(part: Part, _: str) -> str:
    return f"*[{part.media}, {size_of_picture(part)}]*"


def _file(part: Part, text: str) -> str:
    label = _line(part.label)
    return _folded(label, fenced(text)) if text else f"*[{label}]*"


def _link(part: Part, text: str) -> str:
    label = _line(part.label).replace("[", "\\[").replace("]", "\\]")
    if part.url:
        return f"[{label}](<{part.url.replace('<', '%3C').replace('>', '%3E')}>)"
    return label if text == part.label else f"{label} `` {_line(text)} ``"


def _command(part: Part, text: str) -> str:
    return f"{part.label} {text}".strip()


def _quoted(_: Part, text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _thinking(_: Part, text: str) -> str:
    return _folded("Thinking", text)


_WORDED = {
    "call": _call, "result": _result, "image": _image, "file": _file, "fold": _file,
    "link": _link, "command": _command, "note": _quoted, "thinking": _thinking,
}  # fmt: skip


def _folded(label: str, text: str) -> str:
    return f"<details><summary>{escape(label)}</summary>\n\n{text}\n\n</details>"


def _line(text: str) -> str:
    return " ".join(text.split())
