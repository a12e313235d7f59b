"""`cca rebuild`: builds derived stores again."""

import click

from cca.cli.groups import Group
from cca.terminal import say


@click.group(cls=Group)
def rebuild() -> None:
    """Build a derived store again; its source stays unchanged."""


@rebuild.command()
def search() -> None:
    """Build the search index again; searches use the old one until the new one is complete."""
    from cca.errors import AlreadyRunning
    from cca.follow.rebuild import rebuild_search
    from cca.follow.request import ask, wait_for_answer
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    settings = get_settings()
    with serving_mongo(settings) as uri:
        try:
            blocks = rebuild_search(settings, uri)
        except AlreadyRunning:
            request = ask(settings.search_dir)
            say("The running follower rebuilds the search index.", err=True)
            wait_for_answer(request)
            say("Search index rebuilt.")
            return
    say(f"Search index rebuilt: {blocks} blocks.")


@rebuild.command()
def lists() -> None:
    """Build the session list of the browser again."""
    from cca.follow.rebuild import rebuild_lists
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    settings = get_settings()
    with serving_mongo(settings) as uri:
        say(f"Lists rebuilt: {rebuild_lists(settings, uri)} sessions.")


_FORMAT = click.option(
    "--format",
    "storage_format",
    type=click.Choice(["parquet", "iceberg"]),
    help="Storage format of the lake; default: STORAGE_FORMAT.",
)


@rebuild.command()
@_FORMAT
def lake(storage_format: str | None) -> None:
    """Build the lake again from MongoDB; warehouse and gold follow with the next run."""
    from cca.extract.rebuild import rebuild_lake
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    settings = get_settings()
    with serving_mongo(settings) as uri:
        report = rebuild_lake(settings, uri, storage_format)
    say(f"Lake rebuilt: {report.documents:,} entries, {report.rejects:,} rejects.")


@rebuild.command()
@_FORMAT
def warehouse(storage_format: str | None) -> None:
    """Build the warehouse again from the lake in a new file; gold stays until it is complete."""
    from cca.lake.manifest import with_format
    from cca.pipeline import rebuild_warehouse
    from cca.settings import get_settings

    gold = rebuild_warehouse(with_format(get_settings(), storage_format))
    say(f"Warehouse rebuilt; published {gold}")
