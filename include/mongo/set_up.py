"""Make a MongoDB server ready for cca: a user for its database alone, a replica set if asked."""

import time
from collections.abc import Callable

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from cca.errors import ServiceDown, SettingError
from cca.mongo import archive
from cca.settings import Settings

_POLL_SECONDS = 0.2
_SET_NAME = "rs0"
_NOT_YET_INITIALIZED, _NO_REPLICATION = 94, 76
_USER_NOT_FOUND = 11


def set_up(settings: Settings, wait_seconds: float = 60) -> list[str]:
    """What was done, in words; can be repeated. A stand-alone server stays one."""
    if not settings.mongo_admin_uri:
        raise SettingError("MONGO_ADMIN_URI is empty: it names the server to set up, and who may")
    address = parse_uri(settings.mongo_admin_uri)["nodelist"][0]
    with archive.connect(settings.mongo_admin_uri) as client:
        _await(client, wait_seconds, lambda: bool(client.admin.command("ping")["ok"]))
        done = _ensure_set(client, f"{address[0]}:{address[1]}")
        _await(client, wait_seconds, lambda: client.admin.command("hello")["isWritablePrimary"])
        return [*done, *_ensure_user(client, settings)]


def _ensure_set(client: MongoClient[archive.Document], address: str) -> list[str]:
    if "setName" in client.admin.command("hello"):
        return []
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code == _NO_REPLICATION:
            return []
        if error.code != _NOT_YET_INITIALIZED:
            raise
    members = [{"_id": 0, "host": address}]
    client.admin.command("replSetInitiate", {"_id": _SET_NAME, "members": members})
    return [f"replica set {_SET_NAME} of {address}"]


def _ensure_user(client: MongoClient[archive.Document], settings: Settings) -> list[str]:
    """The user of MONGO_URI, who may read and write cca's database and nothing else."""
    given = parse_uri(settings.mongo_uri) if settings.mongo_uri else {}
    if not given.get("username"):
        return []
    options = {name.lower(): value for name, value in given["options"].items()}
    source = options.get("authsource") or given["database"] or "admin"
    roles = [{"role": "readWrite", "db": settings.mongo_db}]
    database, name = client[source], given["username"]
    try:
        database.command("updateUser", name, pwd=given["password"], roles=roles)
    except OperationFailure as error:
        if error.code != _USER_NOT_FOUND:
            raise
        database.command("createUser", name, pwd=given["password"], roles=roles)
        return [f"user {name} for the database {settings.mongo_db}"]
    return []


def _await(
    client: MongoClient[archive.Document], seconds: float, is_ready: Callable[[], bool]
) -> None:
    deadline, last = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        try:
            if is_ready():
                return
        except OperationFailure:
            raise
        except PyMongoError as error:
            last = str(error)
        time.sleep(_POLL_SECONDS)
    host = client.address or "of MONGO_ADMIN_URI"
    raise ServiceDown(f"MongoDB {host} takes no writes after {seconds:.0f} s {last}".strip())
