"""`cca metabase`: creates dashboards from code."""

import click

from cca.cli.groups import Group
from cca.errors import CcaError
from cca.terminal import say


@click.group(cls=Group)
def metabase() -> None:
    """Create questions and dashboards in the Metabase of METABASE_URL."""


@metabase.command()
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what would be done and do nothing; also works without a Metabase.",
)
@click.option("--force", is_flag=True, help="Send everything again, over changes made by hand.")
@click.option(
    "--wait", default=0, show_default=True, metavar="SECONDS", help="Wait for Metabase to start."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def provision(*, dry_run: bool, force: bool, wait: int, as_json: bool) -> None:
    """Set Metabase up: administrator, database, descriptions, questions, dashboards.

    You can repeat it: existing items stay, and items that the code no longer has are archived.
    """
    from collections import Counter
    from dataclasses import asdict
    from json import dumps

    from cca.dashboards.metabase.provision import Options, provision
    from cca.settings import get_settings

    said: list[str] = []

    def tell(text: str) -> None:
        """Print once what it waits for."""
        if text not in said:
            said.append(text)
            say(text, err=True)

    settings = get_settings()
    changes = provision(settings, Options(wait, is_dry_run=dry_run, is_forced=force), tell)
    totals = Counter(change.action for change in changes)
    if as_json:
        say(dumps({"rows": [asdict(change) for change in changes], "totals": totals}))
        return
    for change in changes:
        if change.action != "unchanged":
            say(f"{change.action:<9} {change.kind} {change.name}")
    summed = ", ".join(f"{count} {action}" for action, count in sorted(totals.items()))
    say(f"{settings.metabase_url}: {'would be ' if dry_run else ''}{summed}")


@metabase.command()
def check() -> None:
    """Run every question over the gold file, with its filters; do this before you provision."""
    from cca.dashboards.metabase.boards import load_boards
    from cca.dashboards.metabase.sql import problems
    from cca.settings import get_settings

    settings = get_settings()
    if not settings.gold_path.exists():
        raise CcaError(f"{settings.gold_path} does not exist; run `cca pipeline` first")
    boards = load_boards()
    found = problems(settings.gold_path, boards)
    for problem in found:
        say(f"{problem.board}/{problem.question}: {problem.text}", err=True)
    if found:
        raise SystemExit(1)
    say(f"{sum(len(board.questions) for board in boards)} questions work")
