"""Meters of budgets: what is spent in the present period, and where its pace leads."""

from cca.budgets.standing import Standing, standings_of
from cca.budgets.stored import Budget, read
from cca.dashboards.browser.numbers.parts import Meter, share
from cca.dashboards.browser.numbers.reader import Asked
from cca.dashboards.browser.numbers.write import money

_TONES = {"over": "bad", "ahead": "warn", "within": "good"}
_KEYS = """
select project_key from marts.dim_projects where $project in (project_key, project_id)
"""


def meters(asked: Asked) -> list[Meter]:
    """Budgets of what is chosen; of everything, the totals and each other one that needs a look."""
    found = standings_of(asked.cursor(), read(asked.settings), asked.today)
    keys = {row["project_key"] for row in asked.rows(_KEYS)} if asked.choice.project else set()
    return [_meter(one) for one in found if _is_shown(asked, one, keys | {asked.choice.project})]


def _is_shown(asked: Asked, one: Standing, projects: set[str]) -> bool:
    budget = one.budget
    if asked.choice.project:
        return budget.project in projects
    if asked.choice.host:
        return budget.host == asked.choice.host
    return budget.is_total or one.state != "within"


def _meter(one: Standing) -> Meter:
    limit, spent, expected = one.budget.usd, one.spent_usd, one.expected_usd
    # A day has no pace to go by.
    paced = one.budget.period != "day"
    remark = f"at this pace {money(expected)} by {one.last:%b %-d}" if paced else ""
    if spent > limit:
        remark = "; ".join(filter(None, (f"{money(spent - limit)} over", remark)))
    return Meter(
        _title(one),
        share(float(spent), float(limit)),
        share(float(expected), float(limit)),
        f"{money(spent)} of {money(limit)}",
        remark,
        _TONES[one.state],
    )


def _title(one: Standing) -> str:
    period = {"month": f"{one.first:%B}", "week": "this week", "day": "today"}[one.budget.period]
    return f"Budget of {period}{_of(one.budget)}"


def _of(budget: Budget) -> str:
    project = f", {budget.project.rstrip('/').rsplit('/', 1)[-1]}" if budget.project else ""
    return project + (f", machine {budget.host}" if budget.host else "")
