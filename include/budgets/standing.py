"""How budgets stand: the one definition that the command, the browser and the alerts use."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from cca.budgets.stored import Budget, Period, read
from cca.gold.measures import usage
from cca.gold.measures.select import select
from cca.gold.open import reading_gold
from cca.settings import Settings
from cca.sql import literal

State = Literal["within", "ahead", "over"]

_DAYS_OF_WEEK = 7


@dataclass(frozen=True)
class Standing:
    """A budget in its present period, whose first and last day are named.

    `spent_usd` is the cost of its responses by the published numbers. `expected_usd` is where the
    pace of the period so far leads by its end; a day has no pace and expects what is spent.
    """

    budget: Budget
    first: date
    last: date
    spent_usd: Decimal
    expected_usd: Decimal

    @property
    def state(self) -> State:
        """over: spent more than the budget; ahead: the pace leads there; else within."""
        if self.spent_usd > self.budget.usd:
            return "over"
        return "ahead" if self.expected_usd > self.budget.usd else "within"

    @property
    def share(self) -> float:
        """What is spent of it; 1 is all."""
        return float(self.spent_usd / self.budget.usd)

    @property
    def occasion(self) -> str:
        """Names the budget and this period: an alert goes out once for each occasion."""
        return f"{self.budget.name}, from {self.first.isoformat()}"

    @property
    def text(self) -> str:
        """One sentence for a person."""
        spent, usd = f"{self.spent_usd:,.2f}", f"{self.budget.usd:,.2f}"
        said = f"{self.budget.name}: {spent} of {usd} USD spent ({self.share:.0%})"
        if self.state == "within":
            return said
        if self.state == "over":
            return f"{said}, {self.spent_usd - self.budget.usd:,.2f} over"
        return f"{said}; at this pace {self.expected_usd:,.2f} by {self.last.isoformat()}"


def standings(settings: Settings, today: date | None = None) -> list[Standing]:
    """Return how each budget stands today, on the calendar of TIMEZONE; totals first.

    Raises:
        SettingError: The file of budgets is damaged.
        NotFound: There are budgets and nothing was published yet.

    """
    budgets = read(settings)
    if not budgets:
        return []
    with reading_gold(settings) as gold:
        return standings_of(gold, budgets, today or today_of(settings))


def standings_of(
    gold: duckdb.DuckDBPyConnection, budgets: Sequence[Budget], today: date
) -> list[Standing]:
    """Return how these budgets stand by an open gold file."""
    return [_standing(gold, budget, today) for budget in budgets]


def crossed(settings: Settings, today: date | None = None) -> list[Standing]:
    """Return the budgets that are spent: what an alert and `cca budget --check` report."""
    return [one for one in standings(settings, today) if one.state == "over"]


def today_of(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.timezone)).date()


def bounds(period: Period, today: date) -> tuple[date, date]:
    """Return first and last day of the calendar period that holds a day."""
    if period == "day":
        return today, today
    if period == "week":
        first = today - timedelta(days=today.weekday())
        return first, first + timedelta(days=_DAYS_OF_WEEK - 1)
    return today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])


def _where(budget: Budget, first: date, today: date) -> str:
    # Each publish asks, and for parameters DuckDB would import pandas.
    where = f"m.day between date '{first}' and date '{today}'"
    if budget.project:
        where += f" and {literal(budget.project)} in (m.project_key, m.project_id)"
    return where + (f" and m.host = {literal(budget.host)}" if budget.host else "")


def _standing(gold: duckdb.DuckDBPyConnection, budget: Budget, today: date) -> Standing:
    first, last = bounds(budget.period, today)
    query = select([usage.COST_USD], where=_where(budget, first, today))
    (spent,) = gold.execute(query).fetchall()[0]
    days, gone = (last - first).days + 1, (today - first).days + 1
    return Standing(budget, first, last, spent, spent / gone * days)
