"""`cca forget`: deletion on request, everywhere it went."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cca.forget import Found


@click.command()
@click.option("--host", default="", help="All that came from this machine.")
@click.option("--project", default="", help="All of this project: its folder under CLAUDE_DIR.")
@click.option("--session", default="", help="All of this session, with its subagents.")
@click.option("--dry-run", is_flag=True, help="Count what there is of it, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def forget(
    *, host: str, project: str, session: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Delete what was said: archive, buffer, search, lake, warehouse and gold.

    Of several options all must hold. The transcript files are not touched; what stands in them is
    not taken in again. What is said later is.
    """
    import json
    from dataclasses import asdict

    from cca import forget as forgetting
    from cca.lake.remove import Scope
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    if not (host or project or session):
        raise click.UsageError("name a --host, a --project or a --session")
    settings = get_settings()
    scope = Scope(host, project, session)
    with serving_mongo(settings) as uri:
        found = forgetting.look(settings, uri, scope)
        if dry_run or found.is_nothing:
            done = asdict(found)
            click.echo(json.dumps({"rows": [done], "totals": done}) if as_json else _told(found))
            return
        if not yes:
            click.confirm(f"{_told(found)} Delete it for good?", abort=True, err=True)
        report = forgetting.forget(settings, uri, scope, on_step=_say)
    if as_json:
        done = asdict(report)
        click.echo(json.dumps({"rows": [done], "totals": done}))
        return
    click.echo(
        f"Forgotten: {report.documents:,} documents, {report.lines:,} lines of the buffer, "
        f"{report.blocks:,} blocks of the search index, {report.lake_rows:,} rows of the lake."
    )
    if report.gold:
        click.echo(f"Published without it: {report.gold}")


def _say(step: str) -> None:
    click.echo(f"{step} …", err=True)


def _told(found: "Found") -> str:
    if found.is_nothing:
        return "There is nothing of it."
    left_over = " A deletion of it was cut short." if found.is_unfinished else ""
    return (
        f"{found.documents:,} documents of {found.sessions:,} sessions, {found.buffered:,} lines "
        f"in the buffer, {found.dead_letters:,} dead letters, {found.lake_rows:,} rows in the lake."
        f"{left_over}"
    )
