"""`cca users`: manages the users of a shared MongoDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cca.cli.groups import Group
from cca.terminal import say

if TYPE_CHECKING:
    from pymongo import MongoClient

    from cca.mongo.archive import Document
    from cca.settings import Settings

_ROLES = ("agent", "reader", "keeper", "admin")


@click.group(cls=Group)
def users() -> None:
    """Manage the users of the shared MongoDB of MONGO_URI: see docs/team.md.

    agent: a sync agent may add entries and read none. reader: search, extract and browse.
    keeper: follower and browser beside the archive. admin: forget, backup and restore.
    """


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), required=True, help="What the user may do.")
def add(name: str, role: str) -> None:
    """Create the user NAME, or change its role; prints its MONGO_URI with a new password once."""
    from cca.mongo import roles

    with _server() as (client, settings, uri):
        password = roles.add(client, settings, name, role)
        say(f"MONGO_URI={roles.uri_for(uri, name, password)}")
    say(f"{name} is {roles.ROLES[role]}.", err=True)


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_users(*, as_json: bool) -> None:
    """List the users and their roles."""
    import json
    from dataclasses import asdict

    from cca.mongo import roles

    with _server() as (client, settings, _):
        found = roles.users(client, settings)
    if as_json:
        totals = {"users": len(found)}
        say(json.dumps({"rows": [asdict(user) for user in found], "totals": totals}))
        return
    for user in found:
        say(f"{user.name:<24} {user.role:<7} {roles.ROLES[user.role]}")
    if not found:
        say("no users yet; `cca users add NAME --role agent` creates one")


@users.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove the user NAME; its entries stay in the archive."""
    from cca.mongo import roles

    with _server() as (client, settings, _):
        roles.remove(client, settings, name)
    say(f"{name} can no longer sign in")


@contextmanager
def _server() -> "Iterator[tuple[MongoClient[Document], Settings, str]]":
    """Yield the server to manage; never the embedded one, which others cannot reach."""
    from cca.errors import SettingError
    from cca.mongo import archive
    from cca.settings import get_settings

    settings = get_settings()
    if not settings.mongo_uri:
        message = "set MONGO_URI: the embedded MongoDB is this machine's alone (docs/team.md)"
        raise SettingError(message)
    with archive.connect(settings.mongo_uri) as client:
        archive.require(client, settings.mongo_uri)
        yield client, settings, settings.mongo_uri
