"""`cca health`: whether one part answers."""

import click

PARTS = ("mongo", "sync", "follow", "airflow", "browser", "metabase")


@click.command()
@click.argument("part", type=click.Choice(PARTS))
def health(part: str) -> None:
    """Ask one PART by its settings; ends with 1 and the reason when it does not answer."""
    from include.embedded.health import require
    from include.settings import get_settings

    require(get_settings(), part)
    click.echo(f"{part} answers")
