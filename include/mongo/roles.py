"""Users of a MongoDB that machines share: each role allows what a part does, and no more."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cca.errors import NotFound, SettingError
from cca.mongo.archive import (
    ACTIVITY,
    ANNOTATIONS,
    ERASED_IDS,
    ERASURES,
    FOLLOWER,
    LIMITS,
    SESSIONS,
    Document,
)
from cca.settings import Settings

ROLES = {
    "agent": "a sync agent: adds entries; reads, changes and deletes none",
    "reader": "search, extract and browse: reads everything, writes nothing",
    "keeper": "the follower and the browser beside the archive: read it, keep lists and notes",
    "admin": "forget, backup and restore: reads, writes and deletes",
}
# What the follower and the browser write; all else in the database is the archive itself.
_KEPT = (SESSIONS, ACTIVITY, FOLLOWER, ANNOTATIONS)
_UNAUTHORIZED = 13


@dataclass(frozen=True)
class User:
    name: str
    role: str


def add(client: MongoClient[Document], settings: Settings, name: str, role: str) -> str:
    """Make a user, or give one of ours another role; always with a new password, which it gives."""
    with _managing():
        _make_roles(client, settings)
        there = client.admin.command("usersInfo", name)["users"]
        if there and _user(settings, there[0]) is None:
            message = f"a user {name} exists and is not cca's; choose another name"
            raise SettingError(message)
        password = secrets.token_urlsafe(24)
        roles = [_role_name(settings, role)]
        client.admin.command(
            "updateUser" if there else "createUser", name, pwd=password, roles=roles
        )
    return password


def users(client: MongoClient[Document], settings: Settings) -> list[User]:
    """The users that have one of these roles, by name."""
    with _managing():
        documents = client.admin.command("usersInfo", 1)["users"]
    found = (_user(settings, document) for document in documents)
    return sorted((user for user in found if user), key=lambda user: user.name)


def remove(client: MongoClient[Document], settings: Settings, name: str) -> None:
    """The user may no longer sign in; what came from it stays."""
    if name not in {user.name for user in users(client, settings)}:
        raise NotFound(f"there is no user {name} of cca; `cca users list` shows who is")
    with _managing():
        client.admin.command("dropUser", name)


def uri_for(uri: str, name: str, password: str) -> str:
    """The connection string with another user in it."""
    scheme, _, rest = uri.partition("://")
    address, _, options = rest.rsplit("@", 1)[-1].partition("?")
    hosts = address.split("/", 1)[0]
    kept = [option for option in options.split("&") if option and _stays(option)]
    signed_in = f"{quote(name, safe='')}:{quote(password, safe='')}@{hosts}"
    return f"{scheme}://{signed_in}/?{'&'.join([*kept, 'authSource=admin'])}"


def _stays(option: str) -> bool:
    return not option.lower().startswith(("authsource=", "authmechanism"))


def _make_roles(client: MongoClient[Document], settings: Settings) -> None:
    """As this version has them; users of older ones get what is new."""
    for role in ROLES:
        name = _role_name(settings, role)
        there = client.admin.command("rolesInfo", name)["roles"]
        privileges, inherited = _allowed(settings, role)
        command = "updateRole" if there else "createRole"
        client.admin.command(command, name, privileges=privileges, roles=inherited)


def _allowed(settings: Settings, role: str) -> tuple[list[Any], list[Any]]:
    """(privileges, roles it inherits) of a role."""

    def on(collection: str, *actions: str) -> dict[str, Any]:
        resource = {"db": settings.mongo_db, "collection": collection}
        return {"resource": resource, "actions": list(actions)}

    if role == "agent":
        # Of lines over 15 MB it may see whether they are there; of other entries not even that.
        add_only = ("insert", "createIndex")
        return [
            on(settings.mongo_collection, *add_only),
            on(LIMITS, *add_only),
            on("fs.files", "find", *add_only),
            on("fs.chunks", *add_only),
            # What was erased must not come back.
            on(ERASURES, "find"),
            on(ERASED_IDS, "find"),
        ], []
    inherited = {"reader": ["read"], "keeper": ["read"], "admin": ["readWrite", "dbAdmin"]}[role]
    writes = ("insert", "update", "remove", "createIndex")
    kept = [on(name, *writes) for name in _KEPT] if role == "keeper" else []
    return kept, [{"role": name, "db": settings.mongo_db} for name in inherited]


def _role_name(settings: Settings, role: str) -> str:
    # One server may hold several archives.
    return f"{settings.mongo_db}.{role}"


def _user(settings: Settings, document: Document) -> User | None:
    """Ours are the users that have one of our roles and nothing else."""
    names = [role["role"] for role in document["roles"]]
    role = next((role for role in ROLES if names == [_role_name(settings, role)]), None)
    return User(document["user"], role) if role else None


@contextmanager
def _managing() -> Iterator[None]:
    """Refusals by the server, said with what to do."""
    try:
        yield
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        message = (
            "MONGO_URI: this user may not manage users; sign in as one with the role "
            "userAdminAnyDatabase (docs/team.md)"
        )
        raise SettingError(message) from error
