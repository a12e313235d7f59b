"""`cca docs`: writes what every table and column of the warehouse means."""

import click

from cca.terminal import say


@click.command()
def docs() -> None:
    """Write dbt's documentation of the warehouse as one page to open in a browser."""
    from cca.settings import get_settings
    from cca.transform.dbt import write_docs

    say(write_docs(get_settings()))
