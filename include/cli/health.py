"""`cca health`: checks whether one part answers."""

import click

from cca.terminal import say

PARTS = ("mongo", "sync", "follow", "airflow", "browser", "metabase")


@click.command()
@click.argument("part", type=click.Choice(PARTS))
def health(part: str) -> None:
    """Check one PART by its settings; exits with 1 and the reason if it does not answer."""
    from cca.settings import get_settings
    from cca.stack.health import require

    require(get_settings(), part)
    say(f"{part} answers")
