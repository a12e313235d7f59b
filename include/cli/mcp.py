"""`cca mcp`: the archive as tools for Claude Code and other clients."""

from typing import Any

import click

from cca.cli.groups import Group
from cca.terminal import say


@click.group(cls=Group, invoke_without_command=True)
@click.option("--project", metavar="NAME", help="Answer for one project: here, a path or a name.")
@click.option("--http", "is_http", is_flag=True, help="Serve MCP_HOST:MCP_PORT/mcp to tokens.")
@click.pass_context
def mcp(context: click.Context, project: str | None, *, is_http: bool) -> None:
    """Let Claude Code search, read and query the archive (Model Context Protocol).

    Add it with: claude mcp add --scope user cca -- cca mcp
    """
    if context.invoked_subcommand is None:
        _serve(project or "", is_http=is_http)


def _serve(project: str, *, is_http: bool) -> None:
    import logging
    import signal
    import sys
    from contextlib import closing

    import anyio

    from cca.log import configure
    from cca.mcp.archive import Archive
    from cca.mcp.asking import Asking
    from cca.mcp.serve import serve_http, serve_pipes
    from cca.mcp.tokens import tokens_of
    from cca.settings import get_settings

    # A client ends its servers by a signal: what was started for it must end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    configure()
    # The client shows standard error as its log: what goes well is not worth a line.
    logging.getLogger().setLevel(logging.WARNING)
    settings = get_settings()
    asking = Asking(tuple(settings.claude_dirs), settings.claude_code_session_id)
    with closing(Archive(settings, project, asking=asking)) as archive:
        if is_http:
            _require_token(settings)
            say(f"Tools on http://{settings.mcp_host}:{settings.mcp_port}/mcp", err=True)
            serve_http(archive, settings, tokens_of(settings))
        else:
            anyio.run(serve_pipes, archive)


def _require_token(settings: Any) -> None:
    from cca.errors import SettingError
    from cca.mcp.tokens import tokens_of

    if not tokens_of(settings).read():
        raise SettingError("no client has a token yet; make one first: `cca mcp token add NAME`")


@mcp.command()
def hello() -> None:
    """Print one line for the start of a session: what the archive holds of this project."""
    import os

    from cca.mcp.hello import hello as line
    from cca.settings import get_settings

    if text := line(get_settings(), os.getcwd()):  # noqa: PTH109  (as the shell names it)
        say(text)


@mcp.group(cls=Group)
def token() -> None:
    """Make, list and remove the tokens of clients that ask by HTTP."""


@token.command("add")
@click.argument("name")
def add(name: str) -> None:
    """Print a new token for NAME; it replaces the one that NAME had."""
    say(_tokens().added(name))


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_tokens(*, as_json: bool) -> None:
    """List the names that have a token, and since when."""
    import json

    found = {name: about["created"] for name, about in sorted(_tokens().read().items())}
    if as_json:
        say(json.dumps(found))
    else:
        say("\n".join(f"{name}  since {at}" for name, at in found.items()) or "no tokens")


@token.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove the token of NAME; its next request is refused."""
    _tokens().remove(name)
    say(f"{name} can no longer ask")


def _tokens() -> Any:
    from cca.mcp.tokens import tokens_of
    from cca.settings import get_settings

    return tokens_of(get_settings())
