"""`cca statusline` as Claude Code starts it: it always prints one line and exits with 0."""

import sys
import time
from collections.abc import Sequence

from cca.home import home_of_environment
from cca.statusline import spool, state
from cca.statusline.line import DEFAULT, line
from cca.statusline.payload import MAX_BYTES, parse

_OPTIONS = ("--home", "--template")


def options_of(arguments: Sequence[str]) -> dict[str, str] | None:
    """Return the options of a line to print; None where something else is asked, as --help."""
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, has_value, value = rest.pop(0).partition("=")
        if name not in _OPTIONS or not (has_value or rest):
            return None
        found[name] = value if has_value else rest.pop(0)
    return found


def print_line(home: str | None = None, template: str | None = None) -> None:
    """Print the line for what stands on standard input, and record what changed.

    A prompt must never suffer from its status line: an error becomes a short line.
    """
    try:
        shown = _line(home or home_of_environment(), template or DEFAULT)
    except Exception as error:  # noqa: BLE001  (whatever it is, the prompt goes on)
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        shown = f"cca: no status line ({reason})"
    try:
        # A terminal's encoding may lack a sign.
        sys.stdout.buffer.write(shown.encode("utf-8", "replace") + b"\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return


def _line(home: str, template: str) -> str:
    # Nobody types JSON: at a terminal the command would seem to hang.
    given = b"" if sys.stdin.isatty() else sys.stdin.buffer.read(MAX_BYTES)
    payload, now = parse(given), time.time()
    shown = line(template, payload, state.read(home), now)
    try:
        spool.record(home, payload, now)
    except OSError:
        # A full disk or a folder of another user: the line is worth showing all the same.
        return shown
    return shown
