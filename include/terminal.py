"""Text on its way to a terminal, which would obey the escape sequences of a transcript."""

import re
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# Control characters but tab and newline; and the signs that reorder the text around them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# What our own tables, colours and progress bars write: colours, an erased line, a line up, the
# cursor hidden and shown, the beginning of the line. Nothing else may reach a terminal.
_OWN = re.compile(r"(\x1b\[(?:[0-9;]*m|[0-9]*[AK]|\?25[lh])|\r)")
# The end of a piece of output may be the beginning of a sequence.
_CUT = re.compile(r"\x1b(?:\[[0-9;?]*)?\Z")


def printable(text: str) -> str:
    """Return the text with U+FFFD for each control character; lines stay lines."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def harmless(text: str) -> str:
    """Return the same of a program's output, whose colours and progress bars stay."""
    if not _CONTROL.search(text):
        return text
    # Every second piece is a sequence of our own.
    pieces = _OWN.split(text)
    pieces[::2] = map(printable, pieces[::2])
    return "".join(pieces)


def shown(text: str, stream: IO[str] | None = None) -> str:
    """Return what the stream may get, standard output by default: a pipe or file gets all of it."""
    return printable(text) if (stream or sys.stdout).isatty() else text


class _Guarded:
    """A terminal that gets checked text only."""

    def __init__(self, stream: IO[str], checked: Callable[[str], str]) -> None:
        self.stream = stream
        self._checked = checked

    def write(self, text: str) -> int:
        """Write the text and return its length."""
        self.stream.write(self._checked(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the stream."""
        return getattr(self.stream, name)


def guard() -> None:
    """Put a guard before standard output and standard error where they are terminals.

    It lets no control character through, whoever writes: also click's messages and Python's.
    Only `new_console` and `coloured` get past it.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream.isatty() and not isinstance(stream, _Guarded):
            setattr(sys, name, _Guarded(stream, printable))


def coloured(stream: IO[str]) -> Any:
    """Return the stream, through which our own colours and progress bars reach a terminal."""
    return _Guarded(stream.stream, harmless) if isinstance(stream, _Guarded) else stream


def new_console(*, stderr: bool = False, **options: Any) -> "Console":
    """Return rich's console for standard output or error; what it prints must be printable."""
    from rich.console import Console  # noqa: PLC0415  (the agent alone does without)

    return Console(file=coloured(sys.stderr if stderr else sys.stdout), **options)


def whole(text: str) -> tuple[str, str]:
    """Return the text up to a sequence that is cut off at its end, and that beginning."""
    cut = _CUT.search(text)
    return (text[: cut.start()], cut[0]) if cut else (text, "")


def say(message: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a message; on a terminal without what it would obey.

    Lone surrogates, which no stream can encode, become `?`.
    """
    import click  # noqa: PLC0415  (the agent alone does without)

    text = message.decode() if isinstance(message, bytes) else str(message)
    text = text.encode(errors="replace").decode()
    # With `color` click leaves escape sequences in what goes to a pipe.
    click.echo(shown(text, sys.stderr if err else sys.stdout), err=err, nl=nl, color=True)
