"""Text on its way to a terminal, which would obey the escape sequences of a transcript."""

import re
import sys
from typing import IO

# Control characters but tab and newline; and the signs that reorder the text around them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return the text with U+FFFD for each control character; lines stay lines."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def shown(text: str, stream: IO[str] | None = None) -> str:
    """Return what the stream may get, standard output by default: a pipe or file gets all of it."""
    return printable(text) if (stream or sys.stdout).isatty() else text


def say(message: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a message; on a terminal without what it would obey.

    Lone surrogates, which no stream can encode, become `?`.
    """
    import click  # noqa: PLC0415  (the agent alone does without)

    text = message.decode() if isinstance(message, bytes) else str(message)
    text = text.encode(errors="replace").decode()
    # With `color` click leaves escape sequences in what goes to a pipe.
    click.echo(shown(text, sys.stderr if err else sys.stdout), err=err, nl=nl, color=True)
