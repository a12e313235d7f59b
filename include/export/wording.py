"""How a conversation is worded in a file: its turns in order, calls the way a person reads them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import NamedTuple

from cca.conversation.cards import Card, card_of
from cca.conversation.parts import Part, pretty, size_of
from cca.conversation.stored import StoredEntry
from cca.conversation.turns import Turn, turn_of
from cca.transcript.patches import Hunk, hunks_of_input
from cca.transcript.results import is_rejection
from cca.transcript.terminal import plain
from cca.transcript.tools import file_path, tool_name
from cca.transcript.values import mapping, mended

_EDITS = frozenset({"Edit", "MultiEdit"})
_SHELLS = frozenset({"Bash", "bash_code_execution"})
# A lone argument of this length stands beside the tool's name.
_LINE = 160


class CallWording(NamedTuple):
    """A call in words: the tool, what stands beside its name, and the rest in some language.

    An edit has its hunks, and a call with a form of its own its card; `text` says the same.
    """

    name: str
    argument: str = ""
    text: str = ""
    language: str = ""
    hunks: tuple[Hunk, ...] = ()
    card: Card | None = None


@dataclass(frozen=True)
class Placed:
    """A turn after those before it: whether another agent begins, whether the voice goes on."""

    turn: Turn
    opens_agent: bool
    is_same_voice: bool


@dataclass
class _Calls:
    """Names of the calls that wait for a result, and the call that was made last."""

    names: dict[str, str] = field(default_factory=dict)
    last: str = ""

    def labelled(self, part: Part) -> Part:
        """The part, a result with the name of its call where another call stands between."""
        if part.kind == "call":
            self.names[part.call] = part.label
            self.last = part.call
        elif part.kind == "result":
            name = self.names.pop(part.call, "")
            return replace(part, label=name) if name and part.call != self.last else part
        return part


def placed(entries: Iterable[StoredEntry]) -> Iterator[Placed]:
    """Yields what there is to read of a session, in order."""
    agent, voice = "", ""
    calls = _Calls()
    for entry in entries:
        turn = turn_of(entry)
        if turn is None:
            continue
        parts = tuple(calls.labelled(part) for part in turn.parts if _says_something(turn, part))
        turn = turn if parts == turn.parts else replace(turn, parts=parts)
        opens_agent = entry.agent != agent
        yield Placed(turn, opens_agent, turn.voice == voice and not opens_agent)
        agent, voice = entry.agent, turn.voice


def asked(part: Part) -> CallWording:
    """Returns what was asked of a tool."""
    block = part.given
    server, name = tool_name(part.label, block.get("server_name"))
    # A tool of a server is named as Claude names it.
    name = part.label if part.label.startswith("mcp__") or not server else f"{server} {name}"
    given = block.get("input")
    values = mapping(given)
    path = _words(file_path(values) or "")
    if name in _SHELLS and isinstance(values.get("command"), str):
        return CallWording(name, text=_words(values["command"]), language="bash")
    if name in _EDITS and path:
        hunks = tuple(hunks_of_input(values))
        return CallWording(name, path, _words(_diff(hunks)), "diff", hunks)
    if card := card_of(name, values):
        return CallWording(name, text=_words(card_text(card)), language="markdown", card=card)
    if name == "Write" and isinstance(values.get("content"), str):
        return CallWording(name, path, _words(values["content"]), PurePath(path).suffix.lstrip("."))
    alone = next(iter(values.values()), None)
    if len(values) == 1 and isinstance(alone, str) and len(alone) <= _LINE and "\n" not in alone:
        return CallWording(name, _words(alone))
    return CallWording(name, text=_words(pretty(given)), language="json")


def card_text(card: Card) -> str:
    """Returns a card in Markdown."""
    boxes = {"completed": "[x]", "in_progress": "[ ] (in progress)", "pending": "[ ]"}
    lines = [f"- {boxes[task.state]} {task.text}" for task in card.tasks]
    for question in card.questions:
        lines.append(": ".join(filter(None, (question.header, question.text))))
        lines += [
            f"- {': '.join(filter(None, (option.label, option.about)))}"
            for option in question.options
        ]
    return "\n".join(lines) or card.text


def result_label(part: Part) -> str:
    """Returns what a result is called: whose it is, where that is not plain, and how it ended."""
    is_declined = part.is_failed and is_rejection({}, part.text)
    label = "Declined" if is_declined else "Failed" if part.is_failed else "Result"
    return f"{label} of {part.label}" if part.label else label


def size_of_picture(part: Part) -> str:
    """Returns how large a picture is."""
    return size_of(len(part.data.rstrip("=")) * 3 // 4)


def at_of(turn: Turn) -> str:
    """Returns when a turn was said, in UTC to the second; "" where nothing says."""
    return turn.at.isoformat(timespec="seconds") if turn.at else ""


def _says_something(turn: Turn, part: Part) -> bool:
    """Tells whether a part is worth a line: a result that is only pictures or files has no text."""
    if part.kind != "result" or part.text.strip():
        return True
    return not any(other.call == part.call for other in turn.parts if other is not part)


def _words(text: str) -> str:
    return plain(mended(text))


def _diff(hunks: Iterable[Hunk]) -> str:
    return "\n".join("\n".join(hunk.lines) for hunk in hunks)
