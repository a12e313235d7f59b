"""`cca prices`: updates the price list."""

import click

from cca.cli.groups import Group
from cca.terminal import say


@click.group(cls=Group)
def prices() -> None:
    """Manage the price list that dbt uses."""


@prices.command()
def update() -> None:
    """Write the price list from the installed genai-prices package."""
    from cca.prices.files import update_path
    from cca.prices.seed import write_seed
    from cca.settings import get_settings

    path = update_path(get_settings())
    count = write_seed(path)
    say(f"{path}: {count} prices. Run `cca transform` to apply them.")
