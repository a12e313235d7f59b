"""OpenID Connect, our side of it: where to send a person, and who came back.

Authorization code with PKCE, state and nonce; the ID token is verified by PyJWT. Endpoints and
keys are read from the provider when they are first needed, so that the browser starts without it.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from cca.errors import CcaError, SettingError
from cca.settings import Settings

log = logging.getLogger(__name__)

# Asymmetric alone: with HS256 whoever knows the client's secret could write tokens.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
               "ES256", "ES384", "ES512", "EdDSA"]  # fmt: skip
_CLAIMS = ["iss", "sub", "aud", "exp", "iat"]
_CLOCK_SECONDS = 60
_KEPT_SECONDS = 3600
# An unknown key asks for new ones, but not more often than this.
_KEY_PAUSE_SECONDS = 30
_TIMEOUT_SECONDS = 10
_MAX_SAID = 200
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SignInRefused(CcaError):
    """Its message is for the person who tried."""


@dataclass(frozen=True)
class Person:
    """Somebody the provider vouches for; `email` only where it says that it is verified."""

    sub: str
    email: str


@dataclass(frozen=True)
class Allowed:
    """Who may sign in: addresses and domains in lower case, and subjects as the provider wrote."""

    entries: frozenset[str]

    def holds(self, person: Person) -> bool:
        email = person.email.lower()
        _, at, domain = email.rpartition("@")
        names = {f"sub:{person.sub}"} | ({email, f"@{domain}", domain} if at else set())
        return bool(names & self.entries)


@dataclass(frozen=True)
class AuthRequest:
    """What was sent with a person and must come back, or be known, when they return."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str


def new_request(redirect_uri: str, after: str) -> AuthRequest:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return AuthRequest(state, nonce, verifier, redirect_uri, after)


def provider_of(settings: Settings) -> "Provider | None":
    """The provider that the settings name; an error where they do not suffice."""
    issuer = settings.oidc_issuer.strip()
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SettingError(f"OIDC_ISSUER={issuer} must begin with https://")
    if not settings.oidc_client_id:
        raise SettingError(
            "OIDC_ISSUER needs OIDC_CLIENT_ID: register the browser with the provider as a web "
            f"application that returns to {settings.browser_address}/login/oidc/return"
        )
    entries = [entry.strip() for entry in settings.oidc_allowed.split(",") if entry.strip()]
    if not entries:
        raise SettingError(
            "OIDC_ALLOWED is empty, so everybody with an account there could read every "
            "conversation; name who may: OIDC_ALLOWED=ada@example.org,@example.com"
        )
    allowed = Allowed(
        frozenset(entry if entry.startswith("sub:") else entry.lower() for entry in entries)
    )
    return Provider(issuer, settings.oidc_client_id, _secret(settings), allowed)


def _secret(settings: Settings) -> str:
    path = settings.oidc_client_secret_file
    if path is None:
        return settings.oidc_client_secret
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(f"OIDC_CLIENT_SECRET_FILE={path} cannot be read: {error}") from error


class Provider:
    """Reads the provider's description and keys, and keeps them for an hour."""

    def __init__(self, issuer: str, client_id: str, secret: str, allowed: Allowed) -> None:
        self.issuer = issuer
        self.allowed = allowed
        self.host = urlsplit(issuer).netloc
        self._client_id, self._secret = client_id, secret
        self._description: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: tuple[float, jwt.PyJWKSet | None] = (0.0, None)

    async def address_for(self, asked: AuthRequest) -> str:
        """Where a person signs in."""
        endpoint = str((await self._described())["authorization_endpoint"])
        digest = hashlib.sha256(asked.verifier.encode()).digest()
        query = urlencode({
            "response_type": "code", "client_id": self._client_id, "scope": "openid email",
            "redirect_uri": asked.redirect_uri, "state": asked.state, "nonce": asked.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        })  # fmt: skip
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def person(self, asked: AuthRequest, code: str, issuer: str) -> Person:
        """Who came back with a code; refused where anything about it is not as it must be."""
        described = await self._described()
        is_told = described.get("authorization_response_iss_parameter_supported") is True
        if (issuer or is_told) and issuer != self.issuer:
            raise SignInRefused(f"The answer was not that of {self.host}.")
        tokens = await self._tokens(described, asked, code)
        claims = await self._claims(described, str(tokens.get("id_token") or ""), asked.nonce)
        if "email" not in claims and described.get("userinfo_endpoint"):
            claims |= await self._more(described, tokens, claims)
        # Some providers write the flag as text.
        is_verified = str(claims.get("email_verified")).lower() == "true"
        email = str(claims.get("email") or "") if is_verified else ""
        person = Person(str(claims["sub"]), email)
        if not self.allowed.holds(person):
            raise SignInRefused(self._not_allowed(claims, is_verified=is_verified))
        return person

    def _not_allowed(self, claims: dict[str, Any], *, is_verified: bool) -> str:
        name = said(claims.get("email")) or f"sub:{said(claims.get('sub'))}"
        log.warning("sign-in of sub %s refused: not in OIDC_ALLOWED", said(claims.get("sub")))
        if claims.get("email") and not is_verified:
            return (
                f"{self.host} does not say that {name} is a verified address, so it counts for "
                f"nothing. Whoever runs this can allow the account: sub:{said(claims.get('sub'))}"
            )
        return f"{name} may not read here. Whoever runs this can add it to OIDC_ALLOWED."

    async def _tokens(
        self, described: dict[str, Any], asked: AuthRequest, code: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": asked.redirect_uri, "code_verifier": asked.verifier,
        }  # fmt: skip
        ways = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth = None
        if self._secret and "client_secret_basic" in ways:
            # RFC 6749 wants both encoded as in a form before they are joined.
            auth = (_form(self._client_id), _form(self._secret))
        else:
            form |= {"client_id": self._client_id}
            form |= {"client_secret": self._secret} if self._secret else {}
        endpoint = str(described["token_endpoint"])
        return await self._ask("POST", endpoint, data=form, auth=auth)

    async def _claims(self, described: dict[str, Any], token: str, nonce: str) -> dict[str, Any]:
        """What a token says that this provider signed, for us, now, for this request."""
        try:
            key = await self._key(described, str(jwt.get_unverified_header(token).get("kid") or ""))
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=_ALGORITHMS, audience=self._client_id, issuer=self.issuer,
                leeway=_CLOCK_SECONDS, options={"require": _CLAIMS},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            log.warning("an ID token was refused: %s", error)
            raise SignInRefused(f"The answer of {self.host} cannot be trusted: {error}.") from error
        parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims.get("azp", self._client_id) != self._client_id or len(parties) > 1:
            raise SignInRefused(f"The answer of {self.host} was meant for somebody else.")
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise SignInRefused(f"The answer of {self.host} belongs to another sign-in.")
        return claims

    async def _more(
        self, described: dict[str, Any], tokens: dict[str, Any], claims: dict[str, Any]
    ) -> dict[str, Any]:
        """The address, of those providers that leave it out of the token."""
        bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
        told = await self._ask("GET", str(described["userinfo_endpoint"]), headers=bearer)
        if told.get("sub") != claims["sub"]:
            raise SignInRefused(f"{self.host} told of two different people.")
        return {name: told[name] for name in ("email", "email_verified") if name in told}

    async def _key(self, described: dict[str, Any], name: str) -> jwt.PyJWK:
        at, keys = self._keys
        age = time.monotonic() - at
        found = _named(keys, name)
        if keys is None or age > _KEPT_SECONDS or (found is None and age > _KEY_PAUSE_SECONDS):
            keys = jwt.PyJWKSet.from_dict(await self._ask("GET", str(described["jwks_uri"])))
            self._keys = (time.monotonic(), keys)
            found = _named(keys, name)
        if found is None:
            raise jwt.InvalidKeyError("it is signed with a key that the provider does not show")
        return found

    async def _described(self) -> dict[str, Any]:
        at, kept = self._description
        if kept and time.monotonic() - at < _KEPT_SECONDS:
            return kept
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._ask("GET", address)
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self.issuer or not all(found.get(name) for name in wanted):
            log.error("%s describes the issuer %s", address, said(found.get("issuer")))
            raise SignInRefused(
                f"{self.host} calls itself {said(found.get('issuer')) or 'nothing'}: whoever runs "
                "this must set OIDC_ISSUER to exactly that."
            )
        self._description = (time.monotonic(), found)
        return found

    async def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        if urlsplit(address).scheme != urlsplit(self.issuer).scheme:
            raise SignInRefused(f"{self.host} names an address without TLS.")
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
                    answer = await client.request(method, address, **more)
                found = answer.json()
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            log.warning("%s did not answer as it must: %s", address, type(error).__name__)
            raise SignInRefused(f"{self.host} does not answer; try again.") from error
        if not isinstance(found, dict) or answer.is_error:
            found = found if isinstance(found, dict) else {}
            about = said(found.get("error_description") or found.get("error") or answer.status_code)
            log.warning("%s refused: %s", address, about)
            raise SignInRefused(f"{self.host} refused: {about}.")
        return found


def said(value: object) -> str:
    """Something a provider or an address said, short enough to be repeated."""
    text = str(value if value is not None else "")[:_MAX_SAID]
    return "".join(char if char.isprintable() else " " for char in text).strip().rstrip(".")


def _form(text: str) -> str:
    return urlencode({"": text})[1:]


def _named(keys: jwt.PyJWKSet | None, name: str) -> jwt.PyJWK | None:
    """A key by its name; the only one there is needs none."""
    found = [key for key in keys.keys if not name or key.key_id == name] if keys else []
    return found[0] if len(found) == 1 else None
