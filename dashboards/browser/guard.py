"""One choke point for every request, Bokeh's own and the WebSocket's too.

Plain Panel answers any Host (DNS rebinding) and lets a WebSocket without Origin in. Tornado has
no hook that all handlers pass, so `_execute` and `clear` of the base handler are wrapped once;
the wrapping does nothing to applications that were not given to `protect`.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.web import Application, HTTPError, RequestHandler

from include.errors import SettingError
from include.settings import Settings

# Bokeh takes no IPv6 address among its WebSocket origins, so ::1 is not offered.
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
NONCE_HEADER = "X-Csp-Nonce"
# blob: is needed by es-module-shims, inline styles by Bokeh. No eval, no inline script.
CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' blob: {sockets}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_KEY = "cca_allowed_hosts"
_PREPARE = "cca_prepare"

Prepare = Callable[[RequestHandler], Awaitable[None]]


def check_address(settings: Settings) -> None:
    """Transcripts hold secrets: without a sign-in they are served to this machine only."""
    if settings.browser_host in LOOPBACK:
        return
    message = (
        f"BROWSER_HOST={settings.browser_host} would show every conversation to the network, and "
        "the browser has no password yet; set BROWSER_HOST=127.0.0.1 and reach it through a "
        f"tunnel: ssh -L {settings.browser_port}:127.0.0.1:{settings.browser_port} HOST"
    )
    raise SettingError(message)


def allowed_hosts(port: int) -> frozenset[str]:
    """What a browser on this machine may call us in its Host header."""
    names = {f"{host}:{port}" for host in LOOPBACK}
    return frozenset(names | ({"127.0.0.1", "localhost"} if port == 80 else set()))  # noqa: PLR2004


def protect(application: Application, hosts: frozenset[str], prepare: Prepare) -> None:
    """Guards every handler of an application; `prepare` runs before each allowed one."""
    application.settings[_KEY] = hosts
    application.settings[_PREPARE] = prepare
    if not getattr(RequestHandler, "_cca_guarded", False):
        RequestHandler._execute = _guarded(RequestHandler._execute)  # noqa: SLF001
        RequestHandler.clear = _with_headers(RequestHandler.clear)
        RequestHandler._cca_guarded = True  # noqa: SLF001


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
            try:
                await self.application.settings[_PREPARE](self)
            except HTTPError as error:
                # outside of Tornado's own care nobody would answer
                self._transforms = transforms
                self.set_status(error.status_code)
                self.finish("This address cannot be read.")
                return
        await execute(self, transforms, *args, **kwargs)

    return guarded


def _refusal(handler: RequestHandler, hosts: frozenset[str]) -> tuple[int, str] | None:
    request = handler.request
    if request.host.lower() not in hosts:
        return 421, "This is a private page of another name."
    path = request.path
    if path.startswith("/api/") and request.headers.get("Sec-Fetch-Site", "none") not in {
        "same-origin",
        "none",
    }:
        return 403, "Only the browser's own pages may read conversations."
    if path.endswith("/ws"):
        origin = request.headers.get("Origin", "")
        if origin.split("://", 1)[-1].lower() not in hosts:
            return 403, "A WebSocket must come from our own page."
    return None


def _with_headers(clear: Callable[[RequestHandler], None]) -> Callable[[RequestHandler], None]:
    """`clear` runs when a handler is made and before an error page, so both have the headers."""

    def cleared(self: RequestHandler) -> None:
        clear(self)
        hosts = self.application.settings.get(_KEY)
        if hosts is None:
            return
        nonce = getattr(self, "_cca_nonce", None) or secrets.token_urlsafe(16)
        self._cca_nonce = nonce
        # Overwrites what a client may send.
        self.request.headers[NONCE_HEADER] = nonce
        sockets = " ".join(f"ws://{host}" for host in sorted(hosts))
        self.set_header("Content-Security-Policy", CSP.format(nonce=nonce, sockets=sockets))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("X-Frame-Options", "DENY")
        self.clear_header("Server")

    return cleared
