"""The browse page: what a person does becomes a new state, its queries, and messages to panes."""

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import panel as pn
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup
from pymongo.errors import PyMongoError

from dashboards.browser import paint
from dashboards.browser.api import asset_url
from dashboards.browser.archive import list_projects
from dashboards.browser.components import ActivityOverview, PageHeader, SessionList, Transcript
from dashboards.browser.paint import Desk, Painted, Problem
from dashboards.browser.state import State, from_query, is_other_place
from dashboards.browser.views import HERE

log = logging.getLogger(__name__)

STYLES = (
    "tokens.css", "shell.css", "pane.css", "header.css", "sessions.css", "overview.css",
    "transcript.css",
)  # fmt: skip
_SOURCE = re.compile(r'src="([^"]+)"')
# What the list and the overview depend on; the rest of a state is the transcript's.
_LISTED = ("project", "q", "text", "since", "until", "errors", "sort")


class Page:
    """One open browser tab."""

    def __init__(self, desk: Desk, painted: Painted) -> None:
        self.desk = desk
        self.state = painted.state
        # A slow answer to an old question must not overwrite a newer one.
        self.generation = 0
        self.header = PageHeader(self.hear)
        self.sessions = SessionList(self.hear)
        self.overview = ActivityOverview(self.hear)
        self.transcript = Transcript(self.hear)

    def hear(self, message: dict[str, Any]) -> None:
        pn.state.execute(partial(self.on_message, message))

    async def on_message(self, message: dict[str, Any]) -> None:
        """What a pane said: set fields, go where the address bar went, or more rows."""
        kind = message.get("type")
        if kind == "more":
            await self._more(str(message.get("after") or ""))
        elif kind == "set" and isinstance(message.get("changes"), dict):
            await self.show(self.state.changed(message["changes"]), is_typed=True)
        elif kind == "pop":
            values = dict(parse_qsl(str(message.get("search") or "").lstrip("?")))
            await self.show(from_query(values), is_typed=False)

    async def show(self, state: State, *, is_typed: bool) -> None:
        """Moves the panes to a state; `is_typed` is false where the address bar led."""
        self.generation += 1
        generation, before = self.generation, self.state
        try:
            state, panes = await asyncio.to_thread(self._panes, before, state)
        except PyMongoError as error:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            panes = _without(self.desk, state, paint.AWAY)
        except Exception:
            # The page must not sit there as if nothing had been asked.
            log.exception("the page could not be made")
            panes = _without(self.desk, state, paint.FAILED)
        if generation != self.generation:
            return
        self.state = state
        # The address first: a transcript measures itself when it is filled, so it must be in view.
        if is_typed:
            push = is_other_place(before, state) or state.m != before.m
            self.transcript.tell({"type": "url", "search": state.to_query(), "push": push})
        for name, html in panes.items():
            getattr(self, name).tell({"type": "html", "html": str(html)})
        self.sessions.tell({"type": "current", "session": state.session, "m": state.m})

    def _panes(self, before: State, state: State) -> tuple[State, dict[str, Markup]]:
        """The HTML of the panes that change between two states."""
        state = paint.located(self.desk, state)
        panes: dict[str, Markup] = {}
        if any(getattr(before, name) != getattr(state, name) for name in _LISTED):
            projects = list_projects(self.desk.archive)
            panes["header"] = paint.header(self.desk, state, projects)
            panes["sessions"] = paint.sessions(self.desk, state, projects)
            panes["overview"] = paint.overview(self.desk, state, projects)
        if _place(before) != _place(state):
            panes["transcript"] = (
                paint.transcript(self.desk, state) if state.session else Markup("")
            )
        return state, panes

    async def _more(self, after: str) -> None:
        generation = self.generation
        try:
            html = await asyncio.to_thread(paint.more_sessions, self.desk, self.state, after)
        except PyMongoError as error:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            return
        if generation == self.generation:
            self.sessions.tell({"type": "more", "html": str(html)})


def _place(state: State) -> tuple[str, str, str]:
    return state.session, state.agent, state.m


def _without(desk: Desk, state: State, problem: Problem) -> dict[str, Markup]:
    painted = paint.without(desk, state, problem)
    panes = {"sessions": painted.sessions, "overview": painted.overview}
    return panes | ({"transcript": painted.transcript} if state.session else {})


def browse(desk: Desk, take: Callable[[], tuple[str, Painted]]) -> Callable[[], pn.Template]:
    """The Panel app of `/`; `take` gives the nonce and the panes painted for this request."""
    shell = _shell()

    def app() -> pn.Template:
        nonce, painted = take()
        page = Page(desk, painted)
        template = pn.Template(template=shell)
        for name in ("header", "sessions", "overview", "transcript"):
            template.add_panel(name, getattr(page, name))
        values = {
            "nonce": nonce,
            "state": painted.state,
            "styles": STYLES,
            "page_title": "Conversations",
            "asset": asset_url,
            "script_sources": script_sources,
            "scripted": _scripted,
            "header_html": painted.header,
            "sessions_html": painted.sessions,
            "overview_html": painted.overview,
            "transcript_html": painted.transcript,
        }
        for name, value in values.items():
            template.add_variable(name, value)
        return template

    return app


def script_sources(bokeh_js: str) -> list[str]:
    """The scripts that Bokeh would load while the page waits; ours are deferred."""
    return _SOURCE.findall(str(bokeh_js))


def _scripted(plot_script: str, nonce: str) -> Markup:
    html = str(plot_script).replace('<script type="text/javascript"', "<script")
    return Markup(html.replace("<script>", f'<script nonce="{nonce}">'))  # noqa: S704


def _shell() -> Template:
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    return environment.get_template("shell.html")
