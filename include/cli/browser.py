"""`cca browser`: the conversation browser in the foreground, and who may sign in to it."""

import click

from cca.terminal import say


@click.command()
@click.option("--add-user", metavar="NAME", help="Add a user, or set a new password, then exit.")
@click.option("--remove-user", metavar="NAME", help="Remove a user and sign them out, then exit.")
@click.option("--users", "list_users", is_flag=True, help="List the users, then exit.")
def browser(add_user: str | None, remove_user: str | None, list_users: bool) -> None:
    """Serve the conversation browser until it is stopped.

    On this machine alone it needs no sign-in. With another BROWSER_HOST, a BROWSER_URL or an
    OIDC_ISSUER it does: make a user first, or name who may with OIDC_ALLOWED.
    """
    from cca.dashboards.browser import users
    from cca.settings import get_settings

    settings = get_settings()
    path = users.users_path(settings)
    if add_user:
        users.add_user(path, add_user, _new_password())
        say(f"{add_user} can sign in")
    elif remove_user:
        users.remove_user(path, remove_user)
        say(f"{remove_user} can no longer sign in")
    elif list_users:
        say("\n".join(users.read_users(path)) or "no users")
    else:
        _serve()


def _new_password() -> str:
    """Ask for the password twice; from a pipe, read its first line."""
    stdin = click.get_text_stream("stdin")
    if not stdin.isatty():
        return stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _serve() -> None:
    from cca.dashboards.browser.server import serve
    from cca.log import configure
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    configure()
    settings = get_settings()
    address = f"http://{settings.browser_host}:{settings.browser_port}"
    with serving_mongo(settings) as uri:
        serve(settings, uri, on_ready=lambda: say(f"Conversations on {address}"))
