"""The one user of the embedded MongoDB: its password, its connection string, its first sign-in."""

import secrets
from urllib.parse import quote

from pymongo.errors import OperationFailure

from cca.errors import ServiceDown
from cca.files import replace_file
from cca.mongo import archive
from cca.settings import Settings

USER = "cca"
AUTHENTICATION_FAILED = 18


def is_ready(settings: Settings, port: int) -> bool:
    """Return whether the server on that port takes writes of its user; make the user once."""
    try:
        with archive.connect(uri(settings, port), timeout_ms=500) as client:
            client.admin.command("ping")
            return True
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
    # No user yet: the localhost exception lets us make the first one.
    address = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    with archive.connect(address, timeout_ms=500) as client:
        client.admin.command("createUser", USER, pwd=_password(settings), roles=["root"])
    return False


def uri(settings: Settings, port: int) -> str:
    """Return the connection string of the server on that port."""
    password = quote(_password(settings), safe="")
    return f"mongodb://{USER}:{password}@127.0.0.1:{port}/?authSource=admin&directConnection=true"


def _password(settings: Settings) -> str:
    path = settings.mongo_dir / "password"
    if not path.exists():
        replace_file(path, secrets.token_urlsafe(24))
    if not (password := path.read_text()):
        raise ServiceDown(f"{path} is empty: bring it back from a backup, the archive needs it")
    return password
