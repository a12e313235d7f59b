"""The one-node replica set of the embedded MongoDB: its key, its user, its present address."""

import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from cca.errors import ServiceDown
from cca.files import replace_file
from cca.mongo import archive
from cca.settings import Settings

NAME = "rs0"
_USER = "cca"
_AUTHENTICATION_FAILED = 18


def keyfile(settings: Settings) -> Path:
    """The set's key: a set with users must have one."""
    return _secret(settings.mongo_dir / "keyfile", lambda: secrets.token_hex(48))


def is_primary(settings: Settings, port: int) -> bool:
    """Whether it takes writes; makes the set and its user once, and names a port that moved."""
    address = f"127.0.0.1:{port}"
    try:
        with archive.connect(uri(settings, port), timeout_ms=500) as client:
            return _is_reconfigured(client, address)
    except OperationFailure as error:
        if error.code != _AUTHENTICATION_FAILED:
            raise
    # No user yet: the localhost exception lets us make the set, then the first user.
    with archive.connect(f"mongodb://{address}/?directConnection=true", timeout_ms=500) as client:
        hello = client.admin.command("hello")
        if "setName" not in hello:
            members = [{"_id": 0, "host": address}]
            client.admin.command("replSetInitiate", {"_id": NAME, "members": members})
        elif hello["isWritablePrimary"]:
            client.admin.command("createUser", _USER, pwd=_password(settings), roles=["root"])
    return False


def _is_reconfigured(client: MongoClient[archive.Document], address: str) -> bool:
    """Whether it is primary at its present address; a set whose port moved does not know itself."""
    config = client.admin.command("replSetGetConfig")["config"]
    if config["members"][0]["host"] != address:
        config["members"][0]["host"] = address
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
    return bool(client.admin.command("hello")["isWritablePrimary"])


def uri(settings: Settings, port: int) -> str:
    """Connection string of the server on that port."""
    password = quote(_password(settings), safe="")
    return f"mongodb://{_USER}:{password}@127.0.0.1:{port}/?authSource=admin&directConnection=true"


def _password(settings: Settings) -> str:
    path = _secret(settings.mongo_dir / "password", lambda: secrets.token_urlsafe(24))
    if not (password := path.read_text()):
        raise ServiceDown(f"{path} is empty: bring it back from a backup, the archive needs it")
    return password


def _secret(path: Path, make: Callable[[], str]) -> Path:
    """The file, made on first use, readable by its owner only."""
    if not path.exists():
        replace_file(path, make())
    return path
