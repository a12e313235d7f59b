"""`cca dead-letters`: lines that could not be stored, and why."""

from typing import TYPE_CHECKING

import click

from cca.cli.groups import Group
from cca.terminal import say

if TYPE_CHECKING:
    from pathlib import Path


def _buffer_path() -> "Path":
    """Return the buffer's path; in containers one service has it and cca."""
    from cca.settings import get_settings
    from cca.stack.containers import require_all

    settings = get_settings()
    require_all(settings, "dead-letters list")
    return settings.buffer_path


@click.group("dead-letters", cls=Group)
def dead_letters() -> None:
    """Show lines that could not be stored, and why."""


@dead_letters.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """Print one line for each dead letter: its place and the reason."""
    import json

    from cca.sync_agent.dead_letters import list_letters

    rows = [letter.summary() for letter in list_letters(_buffer_path())]
    if as_json:
        totals = {"dead_letters": len(rows), "raw_bytes": sum(row["raw_bytes"] for row in rows)}
        say(json.dumps({"rows": rows, "totals": totals}, ensure_ascii=False))
        return
    for row in rows:
        place = f"{row['source_file']} at byte {row['source_offset']}"
        say(f"{row['id']:>6}  {place}  {row['raw_bytes']} bytes  {row['reason']}")
    say(f"{len(rows)} dead letters")


@dead_letters.command()
@click.argument("letter_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, the raw bytes in base64.")
def show(letter_id: int, *, as_json: bool) -> None:
    """Show one dead letter with its raw bytes."""
    import json

    from cca.sync_agent.dead_letters import find_letter

    letter = find_letter(_buffer_path(), letter_id)
    if as_json:
        say(json.dumps({"rows": [letter.whole()], "totals": {}}, ensure_ascii=False))
        return
    for name, value in letter.summary().items():
        say(f"{name:>13}: {value}")
    # Escaped: raw bytes of a broken line could steer the terminal.
    say(f"{'raw':>13}: {letter.raw!r}")


@dead_letters.command()
@click.argument("letter_ids", type=int, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def retry(letter_ids: tuple[int, ...], *, as_json: bool) -> None:
    """Try all dead letters again, or those you name; good ones go with the next delivery."""
    import json
    from dataclasses import asdict

    from cca.sync_agent.dead_letters import find_letter, retry_letters

    path = _buffer_path()
    for letter_id in letter_ids:
        find_letter(path, letter_id)
    report = retry_letters(path, frozenset(letter_ids))
    if as_json:
        say(json.dumps({"rows": [asdict(report)], "totals": asdict(report)}))
        return
    say(f"{report.retried} go to MongoDB with the next delivery, {report.left} stay dead letters")


@dead_letters.command()
@click.argument("out", type=click.File("w", encoding="utf-8"), default="-")
@click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    help="The output is always JSON lines.",
)
def export(out: click.utils.LazyFile) -> None:
    """Write all dead letters as JSON lines, raw bytes in base64."""
    from cca.sync_agent.dead_letters import export_letters

    for line in export_letters(_buffer_path()):
        out.write(line + "\n")
