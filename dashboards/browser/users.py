"""People who may sign in to the browser: names and salted scrypt hashes in one private file."""

import hashlib
import hmac
import json
import re
import secrets
from pathlib import Path

from cca.errors import NotFound, SettingError
from cca.files import replace_file
from cca.settings import Settings

# One guess costs 32 MB and about 0.1 s, so guessing is expensive.
_COST, _BLOCK_SIZE, _PARALLEL = 2**15, 8, 1
_MEMORY_BYTES = 64 * 2**20
MIN_PASSWORD_CHARACTERS = 10
_NAME = re.compile(r"[\w.@+-]{1,64}")


def users_path(settings: Settings) -> Path:
    return settings.cca_home / "browser-users.json"


def read_users(path: Path) -> dict[str, str]:
    """Names to hashes; nobody where there is no file."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        message = f"{path} cannot be read; delete it and add its users again"
        raise SettingError(message) from error
    return {str(name): str(stored) for name, stored in found.items()}


def add_user(path: Path, name: str, password: str) -> None:
    """A new user, or a new password: whoever was signed in with the old one no longer is."""
    if not _NAME.fullmatch(name):
        raise SettingError(f"{name!r} is no user name; use letters, digits and . @ + - _")
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise SettingError(f"the password needs at least {MIN_PASSWORD_CHARACTERS} characters")
    replace_file(path, json.dumps(read_users(path) | {name: hashed(password)}, indent=1))


def remove_user(path: Path, name: str) -> None:
    known = read_users(path)
    if name not in known:
        raise NotFound(f"{path} has no user {name!r}")
    left = {each: stored for each, stored in known.items() if each != name}
    replace_file(path, json.dumps(left, indent=1))


def hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def matches(stored: str, password: str) -> bool:
    """Takes as long for a wrong password as for a right one."""
    _, salt, digest = stored.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def fingerprint(stored: str) -> str:
    """Tells one password of a user from the next, without telling anything about it."""
    return hashlib.blake2b(stored.encode(), digest_size=8).hexdigest()


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode(errors="surrogatepass"), salt=salt, n=_COST, r=_BLOCK_SIZE, p=_PARALLEL,
        maxmem=_MEMORY_BYTES,
    )  # fmt: skip
