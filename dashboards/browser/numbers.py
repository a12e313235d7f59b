"""The Numbers page: tokens and cost from gold, by day, model, project and session.

Plain HTML, as its state is its address: it needs no Panel session and paints at once.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import duckdb
from markupsafe import Markup
from tornado.web import RequestHandler

from dashboards.browser.archive import session_title
from dashboards.browser.assets import asset_url
from dashboards.browser.chart import (
    Mark,
    next_start,
    nice_top,
    short,
    start_of,
    starts,
    ticks,
    unit_of,
)
from dashboards.browser.gold import MEASURES, PERIODS, Choice, DayOfModel, Figures, figures
from dashboards.browser.paint import Problem
from dashboards.browser.parts import short_model, thousands
from dashboards.browser.views import render
from include.errors import CcaError
from include.projects import project_label
from include.settings import Settings

log = logging.getLogger(__name__)

# More colours than this cannot be told apart; the rest is "other".
MAX_SERIES = 5
OTHER = "other"

NOT_YET = Problem(
    "No numbers yet",
    "The pipeline has not run. It turns conversations into tokens and costs: `cca pipeline` runs "
    "it now; under `cca up` it runs every hour.",
)
NOTHING = Problem("Nothing in this period", "Claude was not asked anything then; choose another.")


@dataclass(frozen=True)
class Slice:
    series: int
    height: float


@dataclass(frozen=True)
class Column:
    label: str
    slices: list[Slice]


@dataclass(frozen=True)
class Stack:
    """Stacked bars: one colour a model, the dearest at the bottom."""

    unit: str
    names: list[str]
    columns: list[Column]
    lines: list[Mark]
    ticks: list[Mark]


def number_routes(settings: Settings) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    return [(r"/numbers", Numbers, {"settings": settings})]


class Numbers(RequestHandler):  # type: ignore[misc]  # Tornado has no types
    def initialize(self, settings: Settings) -> None:
        self.cca_settings = settings

    async def get(self) -> None:
        given = {
            name: self.get_query_argument(name, "")[:500] for name in ("days", "project", "by")
        }
        html = await asyncio.to_thread(numbers_page, self.cca_settings, Choice(**given))
        self.set_header("Cache-Control", "private, no-store")
        self.finish(str(html))


def numbers_page(settings: Settings, choice: Choice) -> Markup:
    """The whole page; without a gold file it says how to get one."""
    found, problem = None, NOT_YET
    try:
        found = figures(settings, choice)
    except (CcaError, duckdb.Error) as error:
        log.warning("gold cannot be read: %s", error)
        problem = Problem("The numbers cannot be read", "Make them anew: `cca publish`.")
    if found and not found.days:
        problem = NOTHING
    return render(
        "numbers.html",
        ZoneInfo(settings.timezone),
        asset=asset_url,
        choice=choice,
        periods=PERIODS,
        measures=MEASURES,
        link=lambda **changes: "/numbers" + _query(replace(choice, **changes)),
        figures=found,
        problem=None if found and found.days else problem,
        stack=stacked(found.days, choice.by) if found and found.days else None,
        tiles=tiles(found) if found else [],
        label=lambda row: project_label(str(row["project_id"]), row.get("project_path")),
        model_names=model_names([str(row["model"]) for row in found.models]) if found else {},
        unpriced=unpriced(found) if found else [],
        share=_share,
        session_title=lambda row: session_title({"_id": row["session_id"], "title": row["title"]}),
        started=lambda row: (
            datetime.fromisoformat(row["started_at"]) if row["started_at"] else None
        ),
    )


def tiles(found: Figures) -> list[tuple[str, str, str]]:
    """(name, value, remark) of the figures over the chart."""
    totals = found.totals
    written = int(totals["cache_write_5m_tokens"]) + int(totals["cache_write_1h_tokens"])
    return [
        ("Cost", f"${totals['cost_usd']:,.2f}", f"${totals['cost_usd']:.8f}"),
        ("API messages", f"{totals['api_messages']:,}", ""),
        ("Input", thousands(totals["input_tokens"]), "tokens, not cached"),
        ("Output", thousands(totals["output_tokens"]), "tokens"),
        ("Cache written", thousands(written), "tokens"),
        ("Cache read", thousands(totals["cache_read_tokens"]), "tokens"),
    ]


def stacked(days: Sequence[DayOfModel], by: str) -> Stack:
    """Days (weeks, months) by models, of the chosen measure."""
    # Ranked by cost whatever is measured, so that a colour stays with its model.
    costs: dict[str, float] = {}
    for row in days:
        costs[row.model] = costs.get(row.model, 0) + _measured(row, "")
    ranked = sorted(costs, key=lambda model: -costs[model])
    names = ranked[:MAX_SERIES] + ([OTHER] if len(ranked) > MAX_SERIES else [])
    shown = model_names(ranked)
    unit = unit_of((days[-1].day - days[0].day).days + 1)
    places = starts(days[0].day, days[-1].day, unit)
    sums: dict[date, list[float]] = {place: [0.0] * len(names) for place in places}
    for row in days:
        series = names.index(row.model) if row.model in names else len(names) - 1
        sums[start_of(row.day, unit)][series] += _measured(row, by)
    top = nice_top(max(sum(values) for values in sums.values()))
    columns = [_column(place, unit, values, top, by) for place, values in sums.items()]
    lines = [Mark(100, _round(top, by)), Mark(50, _round(top / 2, by))]
    return Stack(
        unit, [shown.get(name, name) for name in names], columns, lines, ticks(places, unit)
    )


def model_names(models: Iterable[str]) -> dict[str, str]:
    """Models to short names; two that would share one keep their ids."""
    short = {model: short_model(model) for model in models}
    uses = Counter(short.values())
    return {model: name if uses[name] == 1 else model for model, name in short.items()}


def unpriced(found: Figures) -> list[str]:
    """What the cost leaves out, a sentence for each model without a price."""
    return [_without_price(model, answers) for model, answers in found.unpriced]


def _without_price(model: str | None, answers: int) -> str:
    if model in {None, "unknown", "<synthetic>"}:
        if answers == 1:
            return "1 answer names no model, so it has no price."
        return f"{answers:,} answers name no model, so they have no price."
    many = "1 answer" if answers == 1 else f"{answers:,} answers"
    return f"No price is known for {model} ({many}): it counts as $0."


def _column(place: date, unit: str, values: list[float], top: float, by: str) -> Column:
    until = "" if unit == "day" else f" to {next_start(place, unit) - timedelta(days=1)}"
    slices = [
        Slice(series, round(100 * value / top, 2)) for series, value in enumerate(values) if value
    ]
    return Column(f"{place}{until}: {_amount(sum(values), by)}", slices[::-1])


def _measured(row: DayOfModel, by: str) -> float:
    return float(row.tokens if by == "tokens" else row.cost or 0)


def _amount(value: float, by: str) -> str:
    if by == "tokens":
        return thousands(value)
    return f"${value:,.0f}" if value >= 10 else f"${value:,.2f}"  # noqa: PLR2004


def _round(value: float, by: str) -> str:
    """An axis label: round as it is, so without the zeros."""
    if by == "tokens":
        return short(value)
    return f"${value:,.0f}" if value == int(value) else f"${value:,.2f}"


def _share(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> float:
    top = max((float(other["cost_usd"] or 0) for other in rows), default=0)
    return round(100 * float(row["cost_usd"] or 0) / top, 1) if top else 0


def _query(choice: Choice) -> str:
    query = urlencode({name: value for name, value in asdict(choice).items() if value})
    return f"?{query}" if query else ""
