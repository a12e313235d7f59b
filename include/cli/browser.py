"""`cca browser`: the conversation browser in the foreground."""

import click


@click.command()
def browser() -> None:
    """Serve the conversation browser until it is stopped."""
    from dashboards.browser.server import serve
    from include.embedded.mongod import serving_mongo
    from include.log import configure
    from include.settings import get_settings

    configure()
    settings = get_settings()
    address = f"http://{settings.browser_host}:{settings.browser_port}"
    with serving_mongo(settings) as uri:
        serve(settings, uri, on_ready=lambda: click.echo(f"Conversations on {address}"))
