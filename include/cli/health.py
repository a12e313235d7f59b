"""`cca health`: checks whether one part answers."""

import click

from cca.terminal import say

PARTS = ("mongo", "sync", "follow", "airflow", "browser", "metabase")
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


@click.command()
@click.argument("part", type=click.Choice(PARTS))
@click.argument("component", required=False, type=click.Choice(COMPONENTS))
def health(part: str, component: str | None) -> None:
    """Check one PART by its settings; exits with 1 and the reason if it does not answer.

    `cca health airflow scheduler` checks one COMPONENT of Airflow and ignores the others.
    """
    from cca.settings import get_settings
    from cca.stack.health import require

    if component and part != "airflow":
        raise click.UsageError(f"{part} has no components; only airflow has")
    require(get_settings(), part, component or "")
    say(f"{part} {component} answers" if component else f"{part} answers")
