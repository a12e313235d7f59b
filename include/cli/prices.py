"""`cca prices`: the price seed."""

import click


@click.group()
def prices() -> None:
    """The price seed that dbt prices tokens with."""


@prices.command()
def update() -> None:
    """Write the seed anew from the installed genai-prices package."""
    from cca.prices.seed import SEED_PATH, write_seed

    count = write_seed()
    click.echo(f"{SEED_PATH}: {count} prices. Run `cca transform` to apply them.")
