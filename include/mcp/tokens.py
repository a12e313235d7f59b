"""Tokens of clients that ask by HTTP: a name each, kept as hashes in one private file."""

import hashlib
import hmac
import json
import re
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mcp.server.auth.provider import AccessToken

from cca.errors import NotFound, SettingError
from cca.files import replace_file
from cca.locks import held
from cca.settings import Settings

_NAME = re.compile(r"[\w.@+-]{1,64}")
_BEGINNING = "cca_"


@dataclass(frozen=True)
class Tokens:
    """The tokens of one installation; each request reads the file, so a removal counts at once."""

    path: Path

    def added(self, name: str) -> str:
        """Return a fresh token for a name; the one it had before no longer counts.

        Raises:
            SettingError: The name has other characters than letters, digits and . @ + - _.

        """
        if not _NAME.fullmatch(name):
            raise SettingError(f"{name!r} is no name; use letters, digits and . @ + - _")
        # 256 random bits: a plain hash of them cannot be searched through.
        token = _BEGINNING + secrets.token_urlsafe(32)
        about = {"sha256": _hashed(token), "created": datetime.now(UTC).isoformat("T", "seconds")}
        with self._alone():
            self._write(self.read() | {name: about})
        return token

    def remove(self, name: str) -> None:
        """Forget a token.

        Raises:
            NotFound: There is none of that name.

        """
        with self._alone():
            known = self.read()
            if name not in known:
                raise NotFound(
                    f"{self.path} has no token {name!r}; `cca mcp token list` lists them"
                )
            self._write({each: about for each, about in known.items() if each != name})

    def read(self) -> dict[str, dict[str, str]]:
        """Return hash and time of creation by name.

        Raises:
            SettingError: The file is damaged.

        """
        try:
            found: dict[str, dict[str, str]] = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            message = f"{self.path} cannot be read; delete it and add its tokens again"
            raise SettingError(message) from error
        return found

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return whose token it is, as the package's protocol wants it."""
        given = _hashed(token)
        for name, about in self.read().items():
            if hmac.compare_digest(about["sha256"], given):
                return AccessToken(token=token, client_id=name, scopes=[])
        return None

    def _alone(self) -> AbstractContextManager[None]:
        return held(self.path.with_suffix(".lock"))

    def _write(self, tokens: dict[str, dict[str, str]]) -> None:
        replace_file(self.path, json.dumps(tokens, indent=1))


def tokens_of(settings: Settings) -> Tokens:
    """Return the tokens of this installation."""
    return Tokens(settings.cca_home / "mcp-tokens.json")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
