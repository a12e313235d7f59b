"""One choke point for every request, Bokeh's own and the WebSocket's too: host, origin, sign-in.

Plain Panel answers any Host (DNS rebinding) and lets a WebSocket without Origin in. Tornado has
no hook that all handlers pass, so `_execute` and `clear` of the base handler are wrapped once;
the wrapping does nothing to applications that were not given to `protect`.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from socket import gethostname
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit

from tornado.web import Application, HTTPError, RequestHandler

from cca.dashboards.browser.assets import ASSET_PATH
from cca.dashboards.browser.signin import Gate
from cca.dashboards.browser.users import read_users, users_path
from cca.errors import SettingError
from cca.settings import Settings

# Bokeh takes no IPv6 address among its WebSocket origins, so ::1 is not offered.
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
NONCE_HEADER = "X-Csp-Nonce"
# blob: is needed by Panel's modules, inline styles by Bokeh. No eval, no inline script.
CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' {sockets}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_KEY = "cca_allowed_hosts"
_PREPARE = "cca_prepare"
_GATE = "cca_gate"
# Open to somebody who has not signed in: the way in, and nothing that was ever said.
_OPEN = re.compile(rf"/login(?:/oidc(?:/return)?)?|/healthz|{ASSET_PATH}")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})

Prepare = Callable[[RequestHandler], Awaitable[None]]


class _Guarded(RequestHandler):
    """What every handler has once it is guarded."""

    cca_user: str | None
    cca_nonce: str


def needs_sign_in(settings: Settings) -> bool:
    """Transcripts hold secrets: without a sign-in they are served to this machine only."""
    is_far = settings.browser_host not in LOOPBACK or bool(settings.browser_url)
    return is_far or bool(settings.oidc_issuer)


def check_address(settings: Settings) -> None:
    """Refuses to start where a sign-in is needed and nobody could sign in."""
    if not settings.oidc_issuer and (settings.oidc_client_id or settings.oidc_allowed):
        raise SettingError(
            "OIDC_CLIENT_ID and OIDC_ALLOWED do nothing without OIDC_ISSUER, and the browser "
            "would ask nobody to sign in; name the provider, or unset them"
        )
    has_way_in = settings.oidc_issuer or read_users(users_path(settings))
    if has_way_in or not needs_sign_in(settings):
        return
    is_far = settings.browser_host not in LOOPBACK
    named = f"BROWSER_HOST={settings.browser_host}" if is_far else "BROWSER_URL"
    message = (
        f"{named} would show every conversation to the network, and nobody has a password yet; "
        "make a user first: `cca browser --add-user NAME`, or set OIDC_ISSUER. Or keep "
        "BROWSER_HOST=127.0.0.1 without BROWSER_URL and reach it through a tunnel: "
        f"ssh -L {settings.browser_port}:127.0.0.1:{settings.browser_port} HOST"
    )
    raise SettingError(message)


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """What a browser may call us in its Host header."""
    port = settings.browser_port
    names = {f"{host}:{port}" for host in LOOPBACK}
    if port == 80:  # noqa: PLR2004
        names |= LOOPBACK
    if settings.browser_host not in LOOPBACK:
        names |= {f"{name.lower()}:{port}" for name in (settings.browser_host, gethostname())}
    return frozenset(names | {address.netloc.lower() for address in _addresses(settings)})


def is_secure(settings: Settings, handler: RequestHandler) -> bool:
    """Tells whether the person's browser speaks TLS to us, or to the proxy before us."""
    host = handler.request.host.lower()
    return handler.request.protocol == "https" or any(
        address.netloc.lower() == host and address.scheme == "https"
        for address in _addresses(settings)
    )


def _addresses(settings: Settings) -> list[SplitResult]:
    return [urlsplit(url.strip()) for url in settings.browser_url.split(",") if url.strip()]


def protect(
    application: Application, hosts: frozenset[str], prepare: Prepare, gate: Gate | None = None
) -> None:
    """Guards every handler of an application; `prepare` runs before each allowed one."""
    application.settings[_KEY] = hosts
    application.settings[_GATE] = gate
    application.settings[_PREPARE] = prepare
    _guard_all_handlers()


@cache
def _guard_all_handlers() -> None:
    """Wraps the methods once in a process, whatever number of applications it protects."""
    RequestHandler._execute = _guarded(RequestHandler._execute)  # type: ignore[method-assign,assignment]  # noqa: SLF001
    RequestHandler.clear = _with_headers(RequestHandler.clear)  # type: ignore[method-assign,assignment]


def _guarded(execute: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def guarded(
        self: RequestHandler, transforms: list[Any], *args: Any, **kwargs: Any
    ) -> None:
        hosts = self.application.settings.get(_KEY)
        if hosts is not None:
            refusal = _refusal(self, hosts)
            if refusal:
                self._transforms = transforms
                self.set_status(refusal[0])
                self.finish(refusal[1])
                return
            if not _is_let_in(self):
                self._transforms = transforms
                _send_to_sign_in(self)
                return
            # A page is sent in parts, the first of them from here.
            self._transforms = transforms
            try:
                await self.application.settings[_PREPARE](self)
            except HTTPError as error:
                # Outside of Tornado's own care nobody would answer.
                self.set_status(error.status_code)
                self.finish("This address cannot be read.")
                return
        await execute(self, transforms, *args, **kwargs)

    return guarded


def _refusal(handler: RequestHandler, hosts: frozenset[str]) -> tuple[int, str] | None:
    request = handler.request
    if request.host.lower() not in hosts:
        return 421, "This is a private page of another name (setting BROWSER_URL)."
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.path.startswith("/api/") and site not in {"same-origin", "none"}:
        return 403, "Only the browser's own pages may read conversations."
    origin = request.headers.get("Origin", "").split("://", 1)[-1].lower()
    if request.path.endswith("/ws") and origin not in hosts:
        return 403, "A WebSocket must come from our own page."
    if request.method not in _READS and origin not in hosts:
        return 403, "Only the browser's own pages may change anything."
    return None


def _is_let_in(handler: RequestHandler) -> bool:
    """Tells whether the request may go on; `cca_user` of its handler is whoever signed in."""
    gate: Gate | None = handler.application.settings.get(_GATE)
    if gate is None:
        return True
    user = gate.user_of(handler)
    cast("_Guarded", handler).cca_user = user
    return user is not None or bool(_OPEN.fullmatch(handler.request.path))


def _send_to_sign_in(handler: RequestHandler) -> None:
    request = handler.request
    is_page = request.method == "GET" and request.headers.get("Upgrade") is None
    if is_page and not request.path.startswith(("/api/", "/static/")):
        handler.redirect(f"/login?next={quote(request.uri or '/', safe='')}")
        return
    handler.set_status(401)
    handler.finish("Sign in first.")


def user_of(handler: RequestHandler) -> str:
    """The name of whoever asks; empty where no sign-in is needed."""
    return str(getattr(handler, "cca_user", None) or "")


def _with_headers(clear: Callable[[RequestHandler], None]) -> Callable[[RequestHandler], None]:
    """`clear` runs when a handler is made and before an error page, so both have the headers."""

    def cleared(self: RequestHandler) -> None:
        clear(self)
        hosts = self.application.settings.get(_KEY)
        if hosts is None:
            return
        nonce = getattr(self, "cca_nonce", None) or secrets.token_urlsafe(16)
        cast("_Guarded", self).cca_nonce = nonce
        # Overwrites what a client may send.
        self.request.headers[NONCE_HEADER] = nonce
        sockets = " ".join(f"ws://{host} wss://{host}" for host in sorted(hosts))
        self.set_header("Content-Security-Policy", CSP.format(nonce=nonce, sockets=sockets))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("X-Frame-Options", "DENY")
        self.clear_header("Server")

    return cleared
