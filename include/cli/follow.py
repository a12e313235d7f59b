"""`cca follow`: the follower in the foreground."""

import click


@click.command()
def follow() -> None:
    """Keep the search index and the session list up to date until stopped."""
    from cca.follow.agent import run
    from cca.log import configure
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    configure()
    settings = get_settings()
    with serving_mongo(settings) as uri:
        run(settings, uri)
