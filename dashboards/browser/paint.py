"""State to HTML: the queries of a page and the panes they fill; runs in threads, no Panel."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from pymongo.errors import PyMongoError

from cca.annotations import Annotation, annotations_of
from cca.conversation.excerpt import Anchor
from cca.conversation.reader import prompts
from cca.conversation.resume import resume_of
from cca.conversation.stored import find_entry
from cca.conversation.subagents import find_subagent, subagents, tree
from cca.dashboards.browser import listing
from cca.dashboards.browser.archive import (
    Project,
    find_session,
    label_of,
    named_title,
    origin_of,
)
from cca.dashboards.browser.context_line import context_line
from cca.dashboards.browser.costs import agent_cost, pull_requests
from cca.dashboards.browser.desk import Desk, costs_of
from cca.dashboards.browser.hits import Hits
from cca.dashboards.browser.parts import short_model
from cca.dashboards.browser.problems import AWAY, FAILED, UNKNOWN, Problem
from cca.dashboards.browser.state import LAYOUTS, State
from cca.dashboards.browser.views import render
from cca.dashboards.browser.windows import Asked, window
from cca.masking import mask_secrets
from cca.mongo.archive import Document

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Painted:
    """The four panes, and the state they show (a linked entry may name its subagent)."""

    state: State
    header: Markup
    sessions: Markup
    overview: Markup
    transcript: Markup
    is_failed: bool = False
    # What the pulse had counted before the first read: later changes are news.
    seen: int = 0
    found: Hits | None = None


def paint(desk: Desk, state: State) -> Painted:
    """The whole page; with MongoDB away each pane says so instead of failing."""
    seen = desk.pulse.number
    try:
        projects = desk.projects()
        state = located(desk, state)
        found = listing.find(desk, state)
        return Painted(
            state,
            header(desk, state, projects),
            listing.sessions(desk, state, projects, found),
            listing.main(desk, state, projects, found),
            transcript(desk, state) if state.session else Markup(""),
            seen=seen,
            found=found,
        )
    except PyMongoError as error:
        log.warning("MongoDB does not answer: %s", type(error).__name__)
        return without(desk, state, AWAY)
    except Exception:
        log.exception("the page could not be made")
        return without(desk, state, FAILED)


def without(desk: Desk, state: State, problem: Problem) -> Painted:
    """The page when its queries fail: every pane says what is wrong."""
    timezone = desk.archive.timezone
    listed = render(
        "sessions.html",
        timezone,
        state=state,
        problem=problem,
    )
    return Painted(
        state,
        header(desk, state, [], is_away=True),
        listed,
        render("overview.html", timezone, problem=problem),
        render("session.html", timezone, problem=problem),
        is_failed=True,
    )


def located(desk: Desk, state: State) -> State:
    """A link names an entry by id or uuid; whether a subagent said it is for us to find out."""
    if not (state.session and state.m):
        return state
    entry = find_entry(desk.archive.entries, state.session, state.m)
    if entry is None:
        return state
    return replace(state, m=entry.id, agent=entry.agent)


def header(desk: Desk, state: State, projects: list[Project], *, is_away: bool = False) -> Markup:
    """The bar on top; while MongoDB is away its filters cannot be used."""
    return render(
        "header.html", desk.archive.timezone, state=state, projects=projects, is_away=is_away
    )


def transcript(desk: Desk, state: State) -> Markup:
    """A session's head and the window that holds the linked entry, or the first one."""
    session = find_session(desk.archive, state.session)
    if session is None:
        return render("session.html", desk.archive.timezone, problem=UNKNOWN)
    mark = annotations_of(desk.archive.annotations, state.session).get("")
    return render(
        "session.html",
        desk.archive.timezone,
        problem=None,
        state=state,
        layouts=LAYOUTS,
        title=named_title(session, mark),
        mark=mark or Annotation(state.session),
        **_fact_values(desk, state, session),
        resume=resume_of(session, desk.settings.cca_host, desk.settings.claude_dirs),
        parent_query=replace(state, agent="", m="").to_query(),
        line=None if state.agent else context_line(desk.settings, state.session),
        window=window(desk, Asked(state.session, state.agent, Anchor(state.m, "around"))),
    )


def facts(desk: Desk, state: State) -> Markup:
    """The line under the title of the open session."""
    session = find_session(desk.archive, state.session)
    if session is None:
        return Markup("")
    return render("facts.html", desk.archive.timezone, **_fact_values(desk, state, session))


def noted(desk: Desk, session_id: str, annotations: Mapping[str, Annotation]) -> dict[str, Any]:
    """What people noted on a session ("") and on its messages as HTML, and the session's name."""
    session = find_session(desk.archive, session_id) or {"_id": session_id}
    all_of_it = {"": Annotation(session_id), **annotations}
    marks = {
        entry: str(render("mark.html", desk.archive.timezone, mark=annotation)).strip()
        for entry, annotation in all_of_it.items()
    }
    return {"marks": marks, "name": named_title(session, all_of_it[""])}


def _fact_values(desk: Desk, state: State, session: Document) -> dict[str, Any]:
    agent = state.agent
    subagent = find_subagent(desk.archive.entries, state.session, agent) if agent else None
    models = subagent.tally.models if subagent else session.get("models") or []
    return {
        "subagent": subagent,
        "masked": mask_secrets,
        "session": session,
        "label": label_of(session),
        "pull_requests": pull_requests(desk.settings, state.session),
        "origin": origin_of(desk.archive, session),
        "models": list(models),
        "short_model": short_model,
        "cost": agent_cost(desk.settings, state.session, agent)
        if agent
        else costs_of(desk).get(str(session["_id"])),
        "has_machines": len(desk.choices("")["host"]) > 1,
    }


def prompt_list(desk: Desk, session: str, agent: str) -> Markup:
    """The prompts of a conversation as links."""
    shown = [
        (entry.id, entry.at, mask_secrets(text)[:200])
        for entry, text in prompts(desk.archive.entries, session, agent)
    ]
    return render(
        "prompts.html", desk.archive.timezone, session=session, agent=agent, prompts=shown
    )


def subagent_list(desk: Desk, session: str, agent: str) -> Markup:
    """The subagents of a session as links; `agent` is the one that is open."""
    found = tree(subagents(desk.archive.entries, session))
    return render(
        "subagents.html", desk.archive.timezone, session=session, agent=agent, subagents=found,
        masked=mask_secrets,
    )  # fmt: skip
