"""The list and what fills the page without an open session: sessions, matches, the overview."""

from dataclasses import replace
from typing import Any

from markupsafe import Markup

from cca.annotations import all_tags, annotations_in_list
from cca.dashboards.browser.archive import Project, label_of, named_title
from cca.dashboards.browser.costs import opened_pull_requests
from cca.dashboards.browser.desk import Desk, costs_of, known_of
from cca.dashboards.browser.hits import KIND_LABELS, KIND_NAMES, Hits, find_hits, more_hits
from cca.dashboards.browser.overview import overview
from cca.dashboards.browser.parts import short_model
from cca.dashboards.browser.problems import Problem, nothing_yet
from cca.dashboards.browser.sessions import SessionPage, is_copy, list_sessions, those_in_list
from cca.dashboards.browser.state import ORDERS, SORTS, TRAITS, State
from cca.dashboards.browser.views import render
from cca.follow.origins import first_holders

# So many sessions are selected at once.
MOST_PICKED = 500


def find(desk: Desk, state: State) -> Hits | None:
    """What the search of the page finds, if it searches."""
    return find_hits(desk.search, desk.archive, state) if state.q else None


def sessions(desk: Desk, state: State, projects: list[Project], found: Hits | None) -> Markup:
    """The list: sessions, or beside an open session the matches of the search."""
    if found is None:
        values = row_values(desk, state, projects, _page(desk, state))
    elif state.session:
        values = hit_values(desk, projects, found)
    else:
        return Markup("")
    values |= {"state": state, "problem": None, **_list_choices(desk, state)}
    return render("sessions.html", desk.archive.timezone, **values)


def main(desk: Desk, state: State, projects: list[Project], found: Hits | None) -> Markup:
    """What fills the page while no session is open: the matches of a search, or the overview."""
    if found is None:
        return overview(desk, state, projects)
    return render(
        "results.html",
        desk.archive.timezone,
        state=state,
        follower=desk.follower(),
        **_list_choices(desk, state),
        **hit_values(desk, projects, found),
    )


def more_rows(desk: Desk, state: State, after: str, session: str = "") -> Markup:
    """The page of the list after a session, or so many sessions with matches, or its matches."""
    first = int(after) if after.isascii() and after.isdigit() else 0
    projects, zone = desk.projects(), desk.archive.timezone
    if state.q and session:
        group = more_hits(desk.search, desk.archive, state, session, first)
        return render("group_hits.html", zone, state=state, group=group, kinds=KIND_NAMES)
    if state.q:
        found = find_hits(desk.search, desk.archive, state, first)
        return render("hits.html", zone, state=state, **hit_values(desk, projects, found))
    values = row_values(desk, state, projects, _page(desk, state, after))
    return render("rows.html", zone, state=state, **values)


def listed(desk: Desk, state: State, among: list[str]) -> list[str]:
    """The sessions of the list, `MOST_PICKED` at most, or those of some that it holds."""
    if among:
        return those_in_list(desk.archive, state, among, known_of(desk, state))
    page = list_sessions(desk.archive, state, limit=MOST_PICKED, known=known_of(desk, state))
    return [str(row["_id"]) for row in page.rows]


def hit_values(desk: Desk, projects: list[Project], found: Hits) -> dict[str, Any]:
    """What the templates of matches need beside the state."""
    return {
        "hits": found,
        "kinds": KIND_NAMES,
        "nothing": _nothing(desk, projects),
        **_told_of(desk, projects, [group.session_id for group in found.groups]),
    }


def _nothing(desk: Desk, projects: list[Project]) -> Problem | None:
    """Why nothing can be listed or found; None where there are conversations."""
    return None if projects else nothing_yet(desk.archive, desk.settings)


def _page(desk: Desk, state: State, after: str = "") -> SessionPage:
    return list_sessions(desk.archive, state, after, known=known_of(desk, state))


def _list_choices(desk: Desk, state: State) -> dict[str, Any]:
    return {
        "most_picked": MOST_PICKED,
        "sorts": SORTS,
        "orders": ORDERS,
        "traits": TRAITS,
        "choices": desk.choices(state.project)
        | {"pr": opened_pull_requests(desk.settings, state.project)},
        "tags": all_tags(desk.archive.annotations),
        "kind_labels": KIND_LABELS,
        "more": f"/api/rows{state.to_query()}",
    }


def row_values(
    desk: Desk, state: State, projects: list[Project], page: SessionPage
) -> dict[str, Any]:
    """What the templates of the list need beside the state."""
    return {
        "page": page,
        "nothing": _nothing(desk, projects),
        "is_copy": is_copy,
        "short_model": short_model,
        "forks": first_holders(desk.archive.sessions, page.rows),
        "query": lambda session: replace(state, session=session, agent="", m="").to_query(),
        **_told_of(desk, projects, [str(row["_id"]) for row in page.rows]),
    }


def _told_of(desk: Desk, projects: list[Project], sessions: list[str]) -> dict[str, Any]:
    """`labels` tell projects of one name apart; one without messages is not among them."""
    labels = {project.id: project.label for project in projects}
    marks = annotations_in_list(desk.archive.annotations, sessions)
    return {
        "costs": costs_of(desk),
        "marks": marks,
        "title": lambda row: named_title(row, marks.get(str(row["_id"]))),
        "label": lambda row: labels.get(row.get("projectKey", "")) or label_of(row),
    }
