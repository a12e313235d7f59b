"""`cca statusline`: what Claude Code shows below its prompt."""

import click

from cca.statusline.line import DEFAULT, FIELDS
from cca.terminal import say

_HELP = (
    "Parts between bars, such as '{model} | {session}'; a part that lacks a value is left out. "
    f"Fields: {', '.join(FIELDS)}."
)


@click.command()
@click.option("--home", type=click.Path(), help="CCA_HOME, where the environment does not name it.")
@click.option("--template", help=_HELP)
@click.option("--setup", is_flag=True, help="Print the line that turns it on.")
def statusline(home: str | None, template: str | None, *, setup: bool) -> None:
    """Print one line for Claude Code's status line, whose JSON comes on standard input.

    It shows model, context, cost of session and day, the plan's limits with their resets, and
    budgets. It records what only a status line gets, the real limits: see docs/limits.md. It
    always exits with 0.
    """
    from cca.statusline.command import print_line

    if not setup:
        print_line(home, template)
        return
    say(_setting(home, template))
    say("Add this line to ~/.claude/settings.json; it is in effect from the next prompt.", err=True)


def _setting(home: str | None, template: str | None) -> str:
    """The line with whole paths: Claude Code's environment and folder are others than ours."""
    import json
    import shlex
    import sys
    from pathlib import Path

    from cca.settings import get_settings

    program = Path(sys.argv[0]).absolute()
    found = program if program.name == "cca" else Path(sys.executable).with_name("cca")
    place = str(Path(home).absolute()) if home else str(get_settings().cca_home)
    words = [str(found), "statusline", "--home", place]
    words += ["--template", template] if template and template != DEFAULT else []
    command = {"type": "command", "command": shlex.join(words), "padding": 0}
    return f'"statusLine": {json.dumps(command)}'
