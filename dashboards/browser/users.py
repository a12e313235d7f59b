"""People who may sign in to the browser: names and salted scrypt hashes in one private file."""

import hashlib
import hmac
import secrets
from pathlib import Path

from cca.errors import SettingError
from cca.names import Names
from cca.settings import Settings

# One guess costs 32 MB and about 0.1 s, so guessing is expensive.
_COST, _BLOCK_SIZE, _PARALLEL = 2**15, 8, 1
_MEMORY_BYTES = 64 * 2**20
MIN_PASSWORD_CHARACTERS = 10


def users_path(settings: Settings) -> Path:
    return settings.cca_home / "browser-users.json"


def read_users(path: Path) -> dict[str, str]:
    """Names to hashes; nobody where there is no file."""
    return {name: str(stored) for name, stored in _names(path).read().items()}


def add_user(path: Path, name: str, password: str) -> None:
    """A new user, or a new password: whoever was signed in with the old one no longer is."""
    names = _names(path)
    names.require(name)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise SettingError(f"the password needs at least {MIN_PASSWORD_CHARACTERS} characters")
    names.put(name, hashed(password))


def remove_user(path: Path, name: str) -> None:
    _names(path).remove(name)


def _names(path: Path) -> Names:
    return Names(path, "user")


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
