"""The handler of the Numbers pages: an address to a choice, a choice to sections, those to HTML."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from markupsafe import Markup
from tornado.web import RequestHandler

from cca.dashboards.browser.assets import asset_url
from cca.dashboards.browser.dbt_docs import has_docs
from cca.dashboards.browser.numbers import (
    activity,
    behaviour,
    blocks,
    breaks,
    cache,
    causes,
    code,
    context,
    errors,
    health,
    log,
    sessions,
    tools,
    usage,
    waste,
)
from cca.dashboards.browser.numbers.cells import model_names, project_labels
from cca.dashboards.browser.numbers.choice import PERIODS, Choice, from_query
from cca.dashboards.browser.numbers.parts import Section
from cca.dashboards.browser.numbers.reader import Asked, Gold, current
from cca.dashboards.browser.problems import Problem, no_conversations
from cca.dashboards.browser.views import render
from cca.errors import CcaError
from cca.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """`filters` are those that its figures know."""

    title: str
    make: Callable[[Asked], list[Section]]
    filters: tuple[str, ...] = ("period", "project", "host")


PAGES = {
    "": Page("Usage", usage.page, ("period", "project", "model", "host")),
    "causes": Page("Causes", causes.page, ("period", "project", "model", "host")),
    "tools": Page("Tools", tools.page, ("period", "project", "model", "host")),
    "sessions": Page("Sessions", sessions.page),
    "activity": Page("Activity", activity.page),
    "log": Page("Work log", log.page),
    "behaviour": Page("Behaviour", behaviour.page, ("period", "project", "model", "host")),
    "code": Page("Code", code.page),
    "cache": Page("Cache", cache.page, ("period", "project", "model", "host")),
    "breaks": Page("Cache breaks", breaks.page, ("period", "project", "model", "host")),
    "context": Page("Context", context.page, ("period", "project", "model", "host")),
    "waste": Page("Waste", waste.page, ("period", "project", "model", "host")),
    "blocks": Page("5-hour windows", blocks.page, ("period",)),
    "errors": Page("Errors", errors.page),
    "health": Page("Data health", health.page, ()),
}
_PARAMETERS = {"period": ("days", "since", "until")}
NOT_YET = Problem(
    "No numbers yet",
    "The pipeline has not run yet. It computes tokens and costs. Run `cca pipeline` now; `cca up` "
    "runs it every hour.",
)
NOTHING = Problem("Nothing here in this period", "Try another period, project or model.")
_COUNTED_LATER = " The pipeline counts new conversations every hour; `cca pipeline` does it now."
_ANY_SESSION = "select 1 as found from marts.dim_sessions limit 1"
BROKEN = Problem("The numbers cannot be read", "Run `cca rebuild warehouse` to build them again.")
_MODELS = (
    "select distinct coalesce(model, 'unknown') as name from marts.fct_api_messages order by 1"
)
_HOSTS = "select host as name from marts.dim_hosts order by 1"


def number_routes(settings: Settings) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    return [(r"/numbers(?:/([a-z]*))?", Numbers, {"settings": settings})]


class Numbers(RequestHandler):
    def initialize(self, settings: Settings) -> None:
        self.cca_settings = settings

    async def get(self, slug: str | None) -> None:
        if (slug or "") not in PAGES:
            self.set_status(404)
            self.finish(str(render("not_found.html", ZoneInfo("UTC"), asset=asset_url)))
            return
        values = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        choice = from_query(values)
        html = await asyncio.to_thread(numbers_page, self.cca_settings, choice, slug or "")
        self.set_header("Cache-Control", "private, no-store")
        self.finish(str(html))


def numbers_page(settings: Settings, choice: Choice, slug: str = "") -> Markup:
    """The whole page; without a gold file it says how to get one."""
    page = PAGES[slug]
    choice = _known_to(page, choice)
    sections: list[Section] = []
    options: dict[str, list[tuple[str, str]]] = {}
    gold, problem = current(settings), NOT_YET
    if gold is not None:
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        asked = Asked(gold, choice, today, settings)
        try:
            options = _options(asked, page)
            sections, problem = page.make(asked), _nothing(asked)
        except (CcaError, duckdb.Error) as error:
            logger.warning("gold cannot be read: %s", error)
            problem = BROKEN
    return _rendered(settings, slug, choice, sections, problem, gold, options)


def _nothing(asked: Asked) -> Problem:
    """Why a page has no figures."""
    if asked.rows_of_all(_ANY_SESSION):
        return NOTHING
    return no_conversations(asked.settings, _COUNTED_LATER)


def _known_to(page: Page, choice: Choice) -> Choice:
    """A filter that a page's figures do not know is off there, rather than silently ignored."""
    known = {name for each in page.filters for name in _PARAMETERS.get(each, (each,))}
    dropped = {"days", "since", "until", "project", "model", "host"} - known
    return replace(choice, **dict.fromkeys(dropped, ""))


def _options(asked: Asked, page: Page) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen, as (value, name), and what is chosen though it is not there."""
    found: dict[str, list[tuple[str, str]]] = {}
    if "project" in page.filters:
        labels = project_labels(asked)
        found["project"] = sorted(labels.items(), key=lambda each: each[1].lower())
    if "model" in page.filters:
        names = model_names(row["name"] for row in asked.rows_of_all(_MODELS))
        found["model"] = list(names.items())
    if "host" in page.filters:
        hosts = [(row["name"], row["name"]) for row in asked.rows_of_all(_HOSTS)]
        found["host"] = hosts if len(hosts) > 1 or asked.choice.host else []
    for name, values in found.items():
        chosen = getattr(asked.choice, name)
        if chosen and chosen not in dict(values):
            values.append((chosen, chosen))
    return {name: values for name, values in found.items() if values}


def _rendered(  # noqa: PLR0913  (what the page shows)
    settings: Settings,
    slug: str,
    choice: Choice,
    sections: list[Section],
    problem: Problem,
    gold: Gold | None,
    options: dict[str, list[tuple[str, str]]],
) -> Markup:
    # Another page keeps the filters and forgets the thing that was looked at.
    kept = replace(choice, of="", by="", split="", cause="", sort="", line="", each="")
    return render(
        "numbers.html",
        ZoneInfo(settings.timezone),
        asset=asset_url,
        slug=slug,
        page=PAGES[slug],
        pages=[(name, each.title, kept.link(name)) for name, each in PAGES.items()],
        choice=choice,
        sections=sections,
        problem=None if sections else problem,
        is_filtered=choice != Choice(),
        periods=PERIODS,
        link=lambda **changes: choice.link(slug, **changes),
        options=options,
        all_names={"project": "All projects", "model": "All models", "host": "All machines"},
        published_at=gold.published_at if gold else None,
        has_docs=has_docs(settings),
    )
