"""docs/commands.md, written from the commands themselves: `make docs`."""

from inspect import cleandoc
from pathlib import Path

import click

from cca.cli import COMMANDS, cca
from cca.settings.project import document

_HEAD = """\
# Commands

Written by `make docs` from `include/cli/`. They are in `.venv/bin`. Exit code 0 is success, 1 a
failure with its reason, 2 a wrong use. None needs the stack to be running: a command that finds no
MongoDB starts the embedded one for its own duration.
"""


def files() -> dict[Path, str]:
    """The generated page and what it must hold."""
    context = click.Context(cca, info_name="cca")
    parts = [_command(cca.get_command(context, name), name, context) for name in COMMANDS]
    return {document("docs", "commands.md"): "\n".join([_HEAD, *parts])}


def _command(command: click.Command | None, name: str, parent: click.Context) -> str:
    if command is None:
        raise LookupError(name)
    context = click.Context(command, info_name=name, parent=parent)
    usage = f"`{context.command_path} {' '.join(command.collect_usage_pieces(context))}`"
    level = "##" if parent.command is cca else "###"
    lines = [f"{level} {context.command_path.removeprefix('cca ')}", "", usage, ""]
    lines += [paragraph + "\n" for paragraph in _paragraphs(command)]
    lines += _options(command, context)
    if isinstance(command, click.Group):
        lines += [_command(command.commands[child], child, context) for child in command.commands]
    return "\n".join(lines)


def _paragraphs(command: click.Command) -> list[str]:
    text = cleandoc(command.help or "")
    return [_paragraph(part) for part in text.split("\n\n") if part.strip()]


def _paragraph(text: str) -> str:
    """Return it on one line; what click may not wrap keeps its own."""
    if text.startswith("\b\n"):
        return "```text\n" + text.removeprefix("\b\n") + "\n```"
    return " ".join(text.split())


def _options(command: click.Command, context: click.Context) -> list[str]:
    records = [
        record
        for parameter in command.get_params(context)
        if "--help" not in parameter.opts and (record := parameter.get_help_record(context))
    ]
    if not records:
        return []
    rows = [f"| `{_cell(option)}` | {_cell(text)} |" for option, text in records]
    return ["| option | |", "|---|---|", *rows, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
