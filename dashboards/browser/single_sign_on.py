"""The two requests of a sign-in with an OpenID Connect provider: there, and back."""

import hmac
import json
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict

from tornado.web import RequestHandler, create_signed_value, decode_signed_value

from cca.dashboards.browser.oidc import AuthRequest, Provider, SignInRefused, new_request, said
from cca.dashboards.browser.signin import Gate, own_path, show_sign_in, show_signed_in

log = logging.getLogger(__name__)

START, RETURN = "/login/oidc", "/login/oidc/return"
_COOKIE = "cca_oidc"
# Long enough for a password and a second factor.
_MINUTES = 10
_MAX_KEPT = 10_000


class _Way(RequestHandler):
    def initialize(
        self,
        gate: Gate,
        is_secure: Callable[[RequestHandler], bool],
        provider: Provider,
        used: OrderedDict[str, None],
    ) -> None:
        self.gate, self.is_secure = gate, is_secure
        self.provider, self.used = provider, used

    def refuse(self, status: int, message: str, after: str = "/") -> None:
        self.clear_cookie(_COOKIE, path=START)
        self.set_status(status)
        show_sign_in(self, self.gate, message, after=after)


class Start(_Way):
    """Sends a person to the provider; what must come back goes along in a signed cookie."""

    async def get(self) -> None:
        after = own_path(self.get_query_argument("next", "/"))
        scheme = "https" if self.is_secure(self) else "http"
        asked = new_request(f"{scheme}://{self.request.host}{RETURN}", after)
        try:
            address = await self.provider.address_for(asked)
        except SignInRefused as refused:
            self.refuse(502, str(refused), after)
            return
        signed = create_signed_value(self.gate.key, _COOKIE, json.dumps(asdict(asked))).decode()
        # Lax: browsers do not send strict cookies on the redirect back from the provider.
        self.set_cookie(
            _COOKIE, signed, path=START, max_age=_MINUTES * 60, httponly=True, samesite="Lax",
            secure=scheme == "https",
        )  # fmt: skip
        self.set_header("Cache-Control", "no-store")
        self.redirect(address)


class Return(_Way):
    """Takes a person back: once for each time that one was sent."""

    async def get(self) -> None:
        asked = self._asked()
        if asked is None or not self._is_first_answer(asked):
            after = asked.next if asked else "/"
            self.refuse(400, "This sign-in is over or began elsewhere. Start it again.", after)
            return
        if wait := self.gate.attempts.wait(self._from):
            self.refuse(429, f"Too many attempts. Try again in {wait} s.", asked.next)
            return
        try:
            await self._let_in(asked)
        except SignInRefused as refused:
            self.gate.attempts.failed(self._from)
            self.refuse(403, str(refused), asked.next)

    @property
    def _from(self) -> str:
        return f"returns to {self.gate.address_of(self.request) or self.request.remote_ip}"

    async def _let_in(self, asked: AuthRequest) -> None:
        given = self.get_query_argument
        if error := said(given("error", "")):
            about = said(given("error_description", "")) or error
            raise SignInRefused(f"{self.provider.host} says: {about}.")
        person = await self.provider.person(asked, given("code", ""), given("iss", ""))
        self.gate.attempts.succeeded(self._from)
        self.clear_cookie(_COOKIE, path=START)
        self.gate.sign_in_person(self, person, is_secure=self.is_secure(self))
        show_signed_in(self, asked.next)

    def _asked(self) -> AuthRequest | None:
        """What was sent along with whoever carries the cookie."""
        signed, days = self.get_cookie(_COOKIE), _MINUTES / (24 * 60)
        value = decode_signed_value(self.gate.key, _COOKIE, signed, max_age_days=days)
        return AuthRequest(**json.loads(value)) if value else None

    def _is_first_answer(self, asked: AuthRequest) -> bool:
        given = self.get_query_argument("state", "").encode()
        if not hmac.compare_digest(given, asked.state.encode()) or asked.state in self.used:
            return False
        self.used[asked.state] = None
        while len(self.used) > _MAX_KEPT:
            self.used.popitem(last=False)
        return True
