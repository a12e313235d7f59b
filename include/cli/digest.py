"""`cca digest`: the work of a day or a week, by project."""

from datetime import datetime

import click

from cca.terminal import say


@click.command()
@click.argument("period", type=click.Choice(["day", "week"]), default="day")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day, or a day of the week, such as 2026-11-01. Today by default.",
)
@click.option("--project", help="One project: its folder's name or its path.")
@click.option("--host", help="One machine: its CCA_HOST.")
@click.option("--markdown", "form", flag_value="markdown", default="markdown", help="Markdown.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
def digest(
    period: str, day: datetime | None, project: str | None, host: str | None, form: str
) -> None:
    """Write the work log of a day or a week.

    By project: what was asked, files changed, commits and pull requests seen, active hours, cost
    and failures. A week begins on Monday. Days are those of TIMEZONE. Secrets are masked.
    """
    from typing import cast
    from zoneinfo import ZoneInfo

    from cca.digest import read, text
    from cca.settings import get_settings
    from cca.usage.projects import known_host, known_project

    settings = get_settings()
    gold = settings.gold_path
    made = read.digest(
        gold,
        cast("read.Period", period),
        (day or datetime.now(ZoneInfo(settings.timezone))).date(),
        known_project(gold, project) if project else None,
        known_host(gold, host) if host else None,
    )
    say(text.as_json(made) if form == "json" else text.markdown(made).rstrip())
