"""Signing in and out: who a cookie belongs to, and how often a password may be guessed.

One `Gate` a server. The guard asks it for every request, whoever answers that request: Bokeh's
pages and WebSocket, and all handlers of ours.
"""

import asyncio
import json
import logging
import math
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler, create_signed_value, decode_signed_value

from cca.dashboards.browser.assets import asset_url
from cca.dashboards.browser.oidc import Person, provider_of
from cca.dashboards.browser.users import fingerprint, hashed, matches, read_users, users_path
from cca.dashboards.browser.views import render
from cca.files import replace_file
from cca.locks import held
from cca.settings import Settings

log = logging.getLogger(__name__)

COOKIE = "cca_user"
DAYS = 14
# So many guesses are free; each further one doubles the wait.
FREE_ATTEMPTS = 5
MAX_WAIT_SECONDS = 300
_MAX_KEPT = 10_000
_MAX_FORM_BYTES = 10_000
# A guess takes 32 MB: more at once would be a way to fill the memory.
_GUESSES_AT_ONCE = 2


class Attempts:
    """Failed guesses by address and by name; forgotten after a success or a quiet hour."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failed: dict[str, tuple[int, float]] = {}

    def wait(self, *keys: str) -> int:
        """Seconds until the next guess is taken; 0 is now."""
        return max(math.ceil(self._left(key)) for key in keys)

    def failed(self, *keys: str) -> None:
        for key in keys:
            count, at = self._failed.pop(key, (0, 0.0))
            stale = self._now() - at > 12 * MAX_WAIT_SECONDS
            self._failed[key] = (1 if stale else count + 1, self._now())
        while len(self._failed) > _MAX_KEPT:
            self._failed.pop(next(iter(self._failed)))

    def succeeded(self, *keys: str) -> None:
        for key in keys:
            self._failed.pop(key, None)

    def _left(self, key: str) -> float:
        count, at = self._failed.get(key, (0, 0.0))
        if count < FREE_ATTEMPTS:
            return 0.0
        delay = min(2.0 ** (count - FREE_ATTEMPTS), MAX_WAIT_SECONDS)
        return max(0.0, at + delay - self._now())


class Gate:
    """Knows the users, signs their cookies and checks them."""

    def __init__(self, settings: Settings) -> None:
        self._path = users_path(settings)
        self.key = _cookie_key(settings.cca_home / "browser-cookie-key")
        self.provider = provider_of(settings)
        self._known: tuple[tuple[int, int], dict[str, str]] = ((0, 0), {})
        self._ended: set[str] = set()
        self._guesses = asyncio.Semaphore(_GUESSES_AT_ONCE)
        # Somebody unknown is checked against this, so that names cannot be told by the time.
        self._nobody = hashed(secrets.token_hex())
        self.attempts = Attempts()
        self._is_published = bool(settings.cca_service)

    def address_of(self, request: HTTPServerRequest) -> str | None:
        """Return where a request comes from; None where that is hidden.

        Behind the published port of a container everybody has the gateway's address. A proxy names
        the person's own as the last in X-Forwarded-For. Whoever writes that header himself is still
        counted by name.
        """
        if not self._is_published:
            return request.remote_ip
        named = request.headers.get("X-Forwarded-For", "")
        return named.rpartition(",")[2].strip()[:64] or None

    def users(self) -> dict[str, str]:
        """Reads the file again when it changes, so that a removed user is signed out at once."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return {}
        identity = (found.st_ino, found.st_mtime_ns)
        if identity != self._known[0]:
            self._known = (identity, read_users(self._path))
        return self._known[1]

    async def is_right(self, name: str, password: str) -> bool:
        stored = self.users().get(name)
        async with self._guesses:
            right = await asyncio.to_thread(matches, stored or self._nobody, password)
        return bool(stored) and right

    def user_of(self, handler: RequestHandler) -> str | None:
        """The user whose cookie a request carries; None for a wrong, old or ended one."""
        return self.named(handler.get_cookie(COOKIE))

    def named(self, cookie: str | None) -> str | None:
        """The user that a cookie names."""
        given = self._facts(cookie)
        if given.get("id") in self._ended:
            return None
        if "sub" in given:
            return self._still_allowed(given)
        stored = self.users().get(str(given.get("name")))
        is_current = stored is not None and given.get("of") == fingerprint(stored)
        return str(given["name"]) if is_current else None

    def _still_allowed(self, given: dict[str, Any]) -> str | None:
        """Checks OIDC_ALLOWED on each request, so that a removed person is signed out."""
        person = Person(str(given["sub"]), str(given.get("email")))
        if self.provider is None or given.get("issuer") != self.provider.issuer:
            return None
        is_allowed = self.provider.allowed.holds(person)
        return (person.email or f"sub:{person.sub}") if is_allowed else None

    def sign_in(self, handler: RequestHandler, name: str, *, is_secure: bool) -> None:
        facts = {"name": name, "of": fingerprint(self.users()[name])}
        self._give(handler, facts, is_secure=is_secure)

    def sign_in_person(self, handler: RequestHandler, person: Person, *, is_secure: bool) -> None:
        """Somebody whom the provider vouches for."""
        issuer = self.provider.issuer if self.provider else ""
        facts = {"sub": person.sub, "email": person.email, "issuer": issuer}
        self._give(handler, facts, is_secure=is_secure)

    def _give(self, handler: RequestHandler, facts: dict[str, str], *, is_secure: bool) -> None:
        facts = {**facts, "id": secrets.token_hex(8)}
        signed = create_signed_value(self.key, COOKIE, json.dumps(facts)).decode()
        handler.set_cookie(
            COOKIE, signed, expires_days=DAYS, httponly=True, samesite="Strict", secure=is_secure
        )

    def sign_out(self, handler: RequestHandler) -> None:
        """The cookie is deleted, and a copy of it is worth nothing until the server restarts."""
        self._ended.add(str(self._facts(handler.get_cookie(COOKIE)).get("id")))
        handler.clear_cookie(COOKIE)

    def _facts(self, signed: str | None) -> dict[str, Any]:
        value = decode_signed_value(self.key, COOKIE, signed, max_age_days=DAYS)
        facts = json.loads(value) if value else {}
        return facts if isinstance(facts, dict) else {}


class SignIn(RequestHandler):
    """The page with name and password."""

    def initialize(self, gate: Gate, is_secure: Callable[[RequestHandler], bool]) -> None:
        self.gate = gate
        self.is_secure = is_secure

    def get(self) -> None:
        self._show("")

    async def post(self) -> None:
        if len(self.request.body) > _MAX_FORM_BYTES:
            self.send_error(413)
            return
        name = self.get_body_argument("name", "")
        address = self.gate.address_of(self.request)
        keys = (f"as {name[:64]}", *([f"from {address}"] if address else []))
        if wait := self.gate.attempts.wait(*keys):
            self.set_status(429)
            self.set_header("Retry-After", str(wait))
            seconds = "1 second" if wait == 1 else f"{wait} seconds"
            self._show(f"Too many attempts. Try again in {seconds}.", name)
            return
        if not await self.gate.is_right(name, self.get_body_argument("password", "", strip=False)):
            self.gate.attempts.failed(*keys)
            log.warning("a sign-in from %s failed", address or "the published port")
            self.set_status(401)
            self._show("Name or password is wrong.", name)
            return
        self.gate.attempts.succeeded(*keys)
        self.gate.sign_in(self, name, is_secure=self.is_secure(self))
        self.redirect(own_path(self.get_body_argument("next", "/")), status=303)

    def _show(self, message: str, name: str = "") -> None:
        after = own_path(self.get_argument("next", "/"))
        show_sign_in(self, self.gate, message, after=after, name=name)


def show_sign_in(
    handler: RequestHandler, gate: Gate, message: str, *, after: str, name: str = ""
) -> None:
    """The page with the ways in that there are."""
    _show_page(
        handler, message=message, name=name[:64], next=after, is_done=False,
        provider=gate.provider.host if gate.provider else "",
        has_passwords=gate.provider is None or bool(gate.users()),
    )  # fmt: skip


def show_signed_in(handler: RequestHandler, after: str) -> None:
    """Redirects on the client: after a redirect across sites no strict cookie is sent."""
    _show_page(handler, next=after, is_done=True)


def _show_page(handler: RequestHandler, **values: Any) -> None:
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.set_header("Cache-Control", "no-store")
    handler.finish(str(render("sign_in.html", ZoneInfo("UTC"), asset=asset_url, **values)))


class SignOut(RequestHandler):
    def initialize(self, gate: Gate) -> None:
        self.gate = gate

    def post(self) -> None:
        self.gate.sign_out(self)
        self.redirect("/login", status=303)


def own_path(given: str) -> str:
    """Where to go afterwards: a path of ours, never another site."""
    is_own = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if is_own and given.isprintable() and not given.startswith("/login") else "/"


def _cookie_key(path: Path) -> bytes:
    """Made once and kept, so that a restart signs nobody out."""
    with held(path.with_suffix(".lock")):
        if not path.exists():
            replace_file(path, secrets.token_bytes(32))
    return path.read_bytes()
