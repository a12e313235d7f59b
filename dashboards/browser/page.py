"""The browse page: what a person does becomes a new state, its queries, and messages to panes."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import panel as pn
from markupsafe import Markup
from pymongo.errors import PyMongoError

from cca.annotations import Annotation, annotations_of
from cca.dashboards.browser import listing, paint
from cca.dashboards.browser.components import ActivityOverview, PageHeader, SessionList, Transcript
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.hits import Hits
from cca.dashboards.browser.paint import Painted
from cca.dashboards.browser.problems import AWAY, FAILED, Problem
from cca.dashboards.browser.reach import answered
from cca.dashboards.browser.state import FILTERS, State, from_query, is_other_place

log = logging.getLogger(__name__)

_OVERVIEW_SECONDS = 10.0
# Lines of one answer come in a burst: they are shown together.
_NUDGE_SECONDS = 0.1
_SEEN_SECONDS = 5.0
# A list in which nothing happens for so long asks every ten seconds; whoever reads goes on asking.
_RESTS_AFTER_SECONDS = 30.0
_RESTING_SECONDS = 15.0
# What the list and the overview depend on; the rest of a state is the transcript's.
_LISTED = (*FILTERS, "q", "sort", "order", "by")
# What was asked for comes first.
_IN_ORDER = ("transcript", "overview", "sessions", "header")


class Page:
    """One open browser tab."""

    def __init__(
        self, desk: Desk, painted: Painted, is_let_in: Callable[[], bool] = lambda: True
    ) -> None:
        self.desk = desk
        self.is_let_in = is_let_in
        self.state = painted.state
        # Two quick changes are both meant, whichever is answered first.
        self.wanted = painted.state
        # A slow answer to an old question must not overwrite a newer one.
        self.generation = 0
        self.seen = painted.seen
        self.is_failed = painted.is_failed
        # Each project with its sessions, as the header lists them.
        self.projects: list[tuple[str, int]] = []
        self.found: Hits | None = painted.found
        # Only a search waits for it.
        self.had_index = not painted.state.q or desk.search.has_index
        self.overview_at = self.asked_at = self.news_at = time.monotonic()
        self.document = pn.state.curdoc
        self.is_nudged = False
        self.noted: tuple[str, dict[str, Annotation]] | None = None
        self.header = PageHeader(self.hear)
        self.sessions = SessionList(self.hear)
        self.overview = ActivityOverview(self.hear)
        self.transcript = Transcript(self.hear)

    def hear(self, message: dict[str, Any]) -> None:
        # A page that is open outlives its cookie; it is answered no more.
        if not self.is_let_in():
            return
        pn.state.execute(partial(self.on_message, message))

    @property
    def is_looked_at(self) -> bool:
        """Tells whether it asked a moment ago: a page that nobody looks at does not ask.

        A list in which nothing happens is not looked at closely either.
        """
        return not self.is_quiet and time.monotonic() - self.asked_at < _SEEN_SECONDS

    @property
    def reading(self) -> str:
        return self.state.session

    @property
    def is_quiet(self) -> bool:
        """Tells whether the page may ask seldom: it is woken once there is something new."""
        waits = self.reading or self.is_failed or not self.had_index
        return not waits and time.monotonic() - self.news_at > _RESTS_AFTER_SECONDS

    def nudge(self, session: str) -> None:
        """Called by the pulse's thread: what changes in the open session is shown at once.

        Lists wait for the next tick.
        """
        if self.is_nudged or not self.is_looked_at or session != (self.reading or None):
            return
        self.is_nudged = self._soon(self._nudged)

    def wake(self) -> None:
        """Called by the pulse's thread: a page that rests in view asks now."""
        is_in_view = time.monotonic() - self.asked_at < _RESTING_SECONDS
        if self.is_quiet and is_in_view and not self.is_nudged:
            self.is_nudged = self._soon(self._nudged)

    def grew(self) -> None:
        """Called by the pulse's thread: the script reads what is new, and nothing else is made."""
        self._soon(self._grown)

    def _soon(self, act: Callable[[], Any]) -> bool:
        if self.document is None:
            return False
        try:
            # Bokeh runs coroutines too, which its annotation leaves out.
            self.document.add_next_tick_callback(act)
        except RuntimeError as error:
            # The page may close while it gets the message.
            log.debug("a page is gone: %s", error)
            return False
        return True

    async def _nudged(self) -> None:
        await asyncio.sleep(_NUDGE_SECONDS)
        self.is_nudged = False
        await self._tick()

    async def _grown(self) -> None:
        self.transcript.tell({"type": "news", "html": ""})

    async def on_message(self, message: dict[str, Any]) -> None:
        """What a pane said: set fields, or go where the address bar went."""
        kind = message.get("type")
        if kind == "tick":
            self.asked_at = time.monotonic()
            await self._tick()
        elif kind == "set" and isinstance(message.get("changes"), dict):
            await self.show(self.wanted.changed(message["changes"]), is_typed=True)
        elif kind == "pop":
            values = dict(parse_qsl(str(message.get("search") or "").lstrip("?")))
            await self.show(from_query(values), is_typed=False)

    async def show(self, state: State, *, is_typed: bool) -> None:
        """Moves the panes to a state; `is_typed` is false where the address bar led."""
        self.generation += 1
        self.news_at = time.monotonic()
        generation, before = self.generation, self.state
        self.wanted = state
        is_failed, found = False, self.found
        try:
            read = partial(self._panes, before, state, found)
            state, panes, found = await answered(self.desk.pulse, read)
        except PyMongoError as error:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            is_failed, panes = True, _without(self.desk, state, AWAY)
        except Exception:
            # The page must not sit there as if nothing had been asked.
            log.exception("the page could not be made")
            is_failed, panes = True, _without(self.desk, state, FAILED)
        if generation != self.generation:
            return
        self.state, self.wanted, self.is_failed = state, state, is_failed
        self.found = found
        self.had_index = not state.q or self.desk.search.has_index
        # The address first: a transcript measures itself when it is filled, so it must be in view.
        if is_typed:
            push = is_other_place(before, state) or state.m != before.m
            self.transcript.tell({"type": "url", "search": state.to_query(), "push": push})
        for name in (each for each in _IN_ORDER if each in panes):
            getattr(self, name).tell({"type": "html", "html": str(panes[name])})
        self.sessions.tell({"type": "current", "session": state.session, "m": state.m})

    def _panes(
        self, before: State, state: State, found: Hits | None
    ) -> tuple[State, dict[str, Markup], Hits | None]:
        """The HTML of the panes that change between two states, and what the search finds now."""
        state = paint.located(self.desk, state)
        panes: dict[str, Markup] = {}
        projects = self.desk.projects()
        if any(getattr(before, name) != getattr(state, name) for name in _LISTED):
            found = listing.find(self.desk, state)
            panes["header"] = paint.header(self.desk, state, projects)
            panes["sessions"] = listing.sessions(self.desk, state, projects, found)
            panes["overview"] = listing.main(self.desk, state, projects, found)
        elif state.q and bool(before.session) != bool(state.session):
            # The matches stand beside an open session, and fill the page without one.
            panes["sessions"] = listing.sessions(self.desk, state, projects, found)
        if _place(before) != _place(state):
            panes["transcript"] = (
                paint.transcript(self.desk, state) if state.session else Markup("")
            )
        return state, panes, found

    async def _tick(self) -> None:
        """What a page asks while somebody looks at it; quiet times cost no query."""
        pulse = self.desk.pulse
        if pulse.is_reachable and pulse.number != self.seen:
            self.news_at = time.monotonic()
        live = {"type": "live", "is_away": not pulse.is_reachable, "is_quiet": self.is_quiet}
        self.header.tell(live)
        if not self.had_index and self.desk.search.has_index:
            self.had_index = True
            await self._again()
            return
        number, since, generation = pulse.number, self.seen, self.generation
        if not pulse.is_reachable or number == since:
            return
        self.seen = number
        if self.is_failed:
            self.is_failed = False
            await self._again()
            return
        is_open = bool(self.state.session) and pulse.has_changed(self.state.session, since)
        try:
            told = await answered(pulse, partial(self._news, self.state, is_open=is_open))
        except PyMongoError as error:
            log.warning("MongoDB does not answer: %s", type(error).__name__)
            self.seen = since
            return
        if generation != self.generation:
            return
        for name, news in told.items():
            getattr(self, name).tell({"type": "news", **news})

    def _news(self, state: State, *, is_open: bool) -> dict[str, dict[str, Any]]:
        """What panes are told of entries and notes; the overview is the slowest, so less often."""
        panes: dict[str, Markup] = {}
        projects = self.desk.projects()
        self.found = listing.find(self.desk, state)
        panes["sessions"] = listing.sessions(self.desk, state, projects, self.found)
        is_due = time.monotonic() - self.overview_at > _OVERVIEW_SECONDS
        # The first project of all is news at once, and so are matches.
        listed = [(project.id, project.sessions) for project in projects]
        is_due = is_due or bool(state.q) or len(listed) != len(self.projects)
        if listed != self.projects:
            self.projects = listed
            panes["header"] = paint.header(self.desk, state, projects)
        if is_due and not state.session:
            self.overview_at = time.monotonic()
            panes["overview"] = listing.main(self.desk, state, projects, self.found)
        told: dict[str, dict[str, Any]] = {name: {"html": str(panes[name])} for name in panes}
        if is_open:
            told["transcript"] = self._session_news(state)
        return told

    def _session_news(self, state: State) -> dict[str, Any]:
        """What the open session has to tell; one that was erased leaves the page."""
        if facts := str(paint.facts(self.desk, state)):
            return {"html": facts, "noted": self._noted(state.session)}
        return {"type": "html", "html": str(paint.transcript(self.desk, state))}

    def _noted(self, session: str) -> dict[str, Any] | None:
        """What was noted on the open session, where that changed since the page was told of it."""
        annotations = annotations_of(self.desk.archive.annotations, session)
        if self.noted == (session, annotations):
            return None
        self.noted = session, annotations
        return paint.noted(self.desk, session, annotations)

    async def _again(self) -> None:
        """Renders every pane again when missing data has arrived."""
        painted = await asyncio.to_thread(paint.paint, self.desk, self.state)
        self.is_failed = painted.is_failed
        for name in ("header", "sessions", "overview", "transcript"):
            html = getattr(painted, name)
            getattr(self, name).tell({"type": "html", "html": str(html)})


def _place(state: State) -> tuple[str, str, str]:
    return state.session, state.agent, state.m


def _without(desk: Desk, state: State, problem: Problem) -> dict[str, Markup]:
    painted = paint.without(desk, state, problem)
    panes = {"sessions": painted.sessions, "overview": painted.overview}
    return panes | ({"transcript": painted.transcript} if state.session else {})
