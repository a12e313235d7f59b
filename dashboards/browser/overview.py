"""The overview pane: when people worked, and on what."""

from datetime import datetime, timedelta

from markupsafe import Markup

from cca.dashboards.browser.archive import Project, active_until, activity
from cca.dashboards.browser.chart import MAX_HOURS, activity_chart
from cca.dashboards.browser.desk import Desk, costs_of
from cca.dashboards.browser.gold import project_costs
from cca.dashboards.browser.problems import nothing_yet
from cca.dashboards.browser.state import UNITS, State
from cca.dashboards.browser.views import render


def overview(desk: Desk, state: State, projects: list[Project]) -> Markup:
    archive = desk.archive
    if not projects:
        problem = nothing_yet(archive, desk.settings)
        return render("overview.html", archive.timezone, problem=problem)
    period: tuple[datetime | None, datetime | None] = (None, None)
    if state.by == "hour":
        # Hours of what is chosen, of the last ones where that is long.
        _, until = state.period(archive.timezone)
        last = active_until(archive, state.project)
        end = min(filter(None, (until, last)), default=None)
        period = (end - timedelta(hours=MAX_HOURS) if end else None, until)
    counted = activity(archive, state.project, "hour" if state.by == "hour" else "day", period)
    return render(
        "overview.html", archive.timezone, state=state, projects=projects,
        chart=activity_chart(counted, state, archive.timezone), units=UNITS, problem=None,
        costs=costs_of(desk, project_costs),
    )  # fmt: skip
