"""`cca follow`: the follower in the foreground."""

import click


@click.command()
def follow() -> None:
    """Keep the search index and the session lists fresh, until stopped."""
    from include.embedded.mongod import serving_mongo
    from include.follow.agent import run
    from include.log import configure
    from include.settings import get_settings

    configure()
    settings = get_settings()
    with serving_mongo(settings) as uri:
        run(settings, uri)
