"""Tokens of clients that ask by HTTP: a name each, kept as hashes in one private file."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from mcp.server.auth.provider import AccessToken

from cca.names import Names
from cca.settings import Settings

_BEGINNING = "cca_"


@dataclass(frozen=True)
class Tokens:
    """The tokens of one installation: hash and time of creation by name."""

    names: Names

    def added(self, name: str) -> str:
        """Return a fresh token for a name; the one it had before no longer counts.

        Raises:
            SettingError: The name has other characters than letters, digits and . @ + - _.

        """
        # 256 random bits: a plain hash of them cannot be searched through.
        token = _BEGINNING + secrets.token_urlsafe(32)
        created = datetime.now(UTC).isoformat("T", "seconds")
        self.names.put(name, {"sha256": _hashed(token), "created": created})
        return token

    def remove(self, name: str) -> None:
        """Forget a token.

        Raises:
            NotFound: There is none of that name.

        """
        self.names.remove(name)

    def read(self) -> dict[str, dict[str, str]]:
        """Return hash and time of creation by name.

        Raises:
            SettingError: The file is damaged.

        """
        found: dict[str, dict[str, str]] = self.names.read()
        return found

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return whose token it is, as the package's protocol wants it."""
        given = _hashed(token)
        for name, about in self.read().items():
            if hmac.compare_digest(about["sha256"], given):
                return AccessToken(token=token, client_id=name, scopes=[])
        return None


def tokens_of(settings: Settings) -> Tokens:
    """Return the tokens of this installation."""
    return Tokens(Names(settings.cca_home / "mcp-tokens.json", "token"))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
