"""The page around the panes, in three parts: what is ready is sent before the rest is made.

A browser fetches styles and scripts while the server reads the archive, and shows what was read
while the server makes the Panel session.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import panel as pn
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from cca.dashboards.browser.assets import asset_url
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.page import Page
from cca.dashboards.browser.paint import Painted
from cca.dashboards.browser.views import HERE, render

_SHEETS = (
    "tokens", "shell", "dialog", "pane", "marks", "header", "sessions", "overview", "results",
    "transcript", "terminal", "context_line", "rail", "reading", "preview", "tip", "print",
)  # fmt: skip
STYLE = f"css/{'+'.join(_SHEETS)}.css"
# One request for all: they share a connection with the large scripts of Panel.
_SCRIPTS = (
    "page", "renew", "tip", "side", "reading", "rail", "actions", "picking", "preview", "header",
    "sessions", "overview", "transcript",
)  # fmt: skip
SCRIPTS = f"js/{'+'.join(_SCRIPTS)}.js"
# For figures of millions of points, and for browsers without modules; `js/page.js` imports instead.
_UNUSED = ("bokeh-gl", "es-module-shims")
_SOURCE = re.compile(r'src="([^"]+)"')
_PANES = ("header", "sessions", "overview", "transcript")


class Sent(NamedTuple):
    """What a request was answered with already: its nonce, its panes, the scripts in its head."""

    nonce: str
    painted: Painted
    sources: frozenset[str]


class Shell:
    """The parts of a page that are sent before Panel's."""

    def __init__(self, desk: Desk) -> None:
        self._zone = desk.archive.timezone
        # Panel names its scripts when a page is made; the next pages name them at once.
        self._sources: list[str] = []

    async def send_head(self, handler: RequestHandler) -> frozenset[str]:
        """Sends what no query is needed for; returns the scripts of Panel in it."""
        handler.set_header("Cache-Control", "no-store")
        sources = list(self._sources)
        html = render(
            "shell_head.html", self._zone, asset=asset_url, style=STYLE, scripts=SCRIPTS,
            sources=sources,
        )  # fmt: skip
        await _send(handler, html)
        return frozenset(sources)

    async def send_panes(self, handler: RequestHandler, painted: Painted) -> None:
        html = render(
            "shell_body.html", self._zone, state=painted.state, painted=painted, is_reading=True
        )
        await _send(handler, html)

    def script_sources(self, bokeh_js: str) -> list[str]:
        """The scripts that Bokeh would load while the page waits; ours are deferred."""
        found = _SOURCE.findall(str(bokeh_js))
        self._sources = [source for source in found if not any(name in source for name in _UNUSED)]
        return self._sources


async def _send(handler: RequestHandler, html: str) -> None:
    handler.write(html)
    # Whoever asked may be gone by now.
    with suppress(StreamClosedError):
        await handler.flush()


def browse(
    desk: Desk,
    shell: Shell,
    take: Callable[[], Sent],
    visitor: Callable[[], Callable[[], bool]] = lambda: lambda: True,
) -> Callable[[], pn.Template]:
    """The Panel app of `/`: the end of the page; `take` gives what was sent of it.

    `visitor` gives what tells, later on, whether whoever asked is still signed in.
    """
    end = _end()

    def app() -> pn.Template:
        sent = take()
        page = Page(desk, sent.painted, visitor())
        desk.pulse.pages.add(page)
        pn.state.on_session_destroyed(lambda _: desk.pulse.pages.discard(page))
        template = pn.Template(template=end)
        for name in _PANES:
            template.add_panel(name, getattr(page, name))
        values = {
            "nonce": sent.nonce,
            "panes": _PANES,
            "sources": lambda bokeh_js: _unsent(shell.script_sources(bokeh_js), sent.sources),
            "scripted": _scripted,
        }
        for name, value in values.items():
            template.add_variable(name, value)
        return template

    return app


def _unsent(sources: Iterable[str], sent: frozenset[str]) -> list[str]:
    return [source for source in sources if source not in sent]


def _scripted(plot_script: str, nonce: str) -> Markup:
    html = str(plot_script).replace('<script type="text/javascript"', "<script")
    return Markup(html.replace("<script>", f'<script nonce="{nonce}">'))  # noqa: S704


def _end() -> Template:
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    return environment.get_template("shell_end.html")
