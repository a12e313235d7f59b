"""The browser's server: one process, loopback, Panel and our own handlers on one port."""

import errno
import logging
import signal
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
from markupsafe import Markup
from pymongo.errors import PyMongoError
from tornado.web import RequestHandler

from cca.dashboards.browser import guard
from cca.dashboards.browser.annotating import Annotations
from cca.dashboards.browser.api import NotFound, routes
from cca.dashboards.browser.archive import open_archive
from cca.dashboards.browser.dbt_docs import DbtDocs
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.exporting import Export
from cca.dashboards.browser.files import Files, Paths
from cca.dashboards.browser.glance import Glance
from cca.dashboards.browser.hits import SearchRoom
from cca.dashboards.browser.live import Pulse
from cca.dashboards.browser.numbers.pages import number_routes
from cca.dashboards.browser.paint import Painted, paint, without
from cca.dashboards.browser.places import FindInSession, OutlineOfSession, PreviewOfMatch
from cca.dashboards.browser.problems import AWAY
from cca.dashboards.browser.reach import answered
from cca.dashboards.browser.shell import Sent, Shell, browse
from cca.dashboards.browser.signin import COOKIE, Gate, SignIn, SignOut
from cca.dashboards.browser.single_sign_on import RETURN, START, Return, Start
from cca.dashboards.browser.state import State, from_query
from cca.dashboards.browser.status import Status
from cca.errors import PortTaken
from cca.follow.request import watch
from cca.search.within import Conversations
from cca.settings import Settings

log = logging.getLogger(__name__)

# Pages painted and not yet taken by their Panel session; a request that dies leaves one behind.
MAX_WAITING = 64
_MESSAGE_BYTES = 1_000_000


class Painter:
    """Paints a page in a thread, and sends it, before its Panel app runs on the event loop."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.shell = Shell(desk)
        self._waiting: dict[str, Sent] = {}

    async def prepare(self, handler: RequestHandler) -> None:
        if handler.request.path != "/" or handler.request.method != "GET":
            return
        values = {
            name: handler.get_query_argument(name) for name in handler.request.query_arguments
        }
        sources = await self.shell.send_head(handler)
        state = from_query(values)
        try:
            painted = await answered(self.desk.pulse, partial(paint, self.desk, state))
        except PyMongoError:
            painted = without(self.desk, state, AWAY)
        await self.shell.send_panes(handler, painted)
        nonce = handler.request.headers[guard.NONCE_HEADER]
        self._waiting[nonce] = Sent(nonce, painted, sources)
        while len(self._waiting) > MAX_WAITING:
            self._waiting.pop(next(iter(self._waiting)))

    def take(self) -> Sent:
        """What was sent to the request that is being answered."""
        nonce = str((pn.state.headers or {}).get(guard.NONCE_HEADER, ""))
        blank = Painted(State(), Markup(""), Markup(""), Markup(""), Markup(""))
        return self._waiting.pop(nonce, Sent(nonce, blank, frozenset()))


def build(settings: Settings, mongo_uri: str) -> Any:
    """A Panel server that listens and is not started yet."""
    guard.check_address(settings)
    pn.extension()
    archive = open_archive(settings, mongo_uri)
    pulse = Pulse(archive.entries, partial(watch, settings.search_dir))
    search = SearchRoom(settings, mongo_uri)
    desk = Desk(archive, search, settings, pulse, Conversations(archive.entries))
    painter = Painter(desk)
    gate = Gate(settings) if guard.needs_sign_in(settings) else None
    hosts = guard.allowed_hosts(settings)
    server = _listening(
        settings,
        {"/": browse(desk, painter.shell, painter.take, partial(_visitor, gate))},
        websocket_origin=sorted(hosts),
        extra_patterns=[
            *routes(desk),
            *more_routes(desk),
            *number_routes(settings),
            *_sign_in_routes(settings, gate),
        ],
    )
    guard.protect(server._tornado, hosts, painter.prepare, gate)  # noqa: SLF001  (no other way to it)
    server._tornado.settings["default_handler_class"] = NotFound  # noqa: SLF001
    pulse.start()
    return server


def serve(settings: Settings, mongo_uri: str, on_ready: Callable[[], None] = lambda: None) -> None:
    """Serves until SIGTERM or SIGINT."""
    server = build(settings, mongo_uri)
    loop = server.io_loop
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.add_callback_from_signal(loop.stop))
    server.start()
    log.info("browser on http://%s:%d", settings.browser_host, settings.browser_port)
    on_ready()
    loop.start()
    server.stop()


def _visitor(gate: Gate | None) -> Callable[[], bool]:
    """Returns a function that checks again whether the visitor is signed in."""
    if gate is None:
        return lambda: True
    cookie = (pn.state.cookies or {}).get(COOKIE)
    return lambda: gate.named(cookie) is not None


def more_routes(desk: Desk) -> list[Any]:
    """What a conversation is read with besides its text."""
    given = {"desk": desk}
    return [
        (r"/api/annotations", Annotations, given),
        (r"/api/export", Export, given),
        (r"/api/glance", Glance, given),
        (r"/api/find", FindInSession, given),
        (r"/api/outline", OutlineOfSession, given),
        (r"/api/preview", PreviewOfMatch, given),
        (r"/api/status", Status, given),
        (r"/files", Files, given),
        (r"/api/paths", Paths, given),
        (r"/dbt-docs(?:/(.*))?", DbtDocs, {"settings": desk.settings}),
    ]


def _sign_in_routes(settings: Settings, gate: Gate | None) -> list[Any]:
    if gate is None:
        return []
    given: dict[str, Any] = {"gate": gate, "is_secure": partial(guard.is_secure, settings)}
    own = [(r"/login", SignIn, given), (r"/logout", SignOut, {"gate": gate})]
    if gate.provider is None:
        return own
    given = {**given, "provider": gate.provider, "used": OrderedDict()}
    return [*own, (START, Start, given), (RETURN, Return, given)]


def _listening(settings: Settings, apps: dict[str, Any], **options: Any) -> Any:
    try:
        return pn.serve(
            apps,
            address=settings.browser_host,
            port=settings.browser_port,
            show=False,
            start=False,
            verbose=False,
            title="Conversations",
            compress_response=True,
            websocket_max_message_size=_MESSAGE_BYTES,
            unused_session_lifetime_milliseconds=30_000,
            check_unused_sessions_milliseconds=5_000,
            **options,
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        message = (
            f"port {settings.browser_port} is taken, so the conversation browser cannot listen "
            "there; set BROWSER_PORT to a free one"
        )
        raise PortTaken(message) from error
