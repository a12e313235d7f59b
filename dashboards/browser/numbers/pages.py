"""The handler of the Numbers pages: an address to a choice, a choice to sections, those to HTML."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
    overview,
    pull_request,
    sessions,
    tools,
    usage,
    versus,
    waste,
)
from cca.dashboards.browser.numbers.choice import PERIODS, SIDES, Choice, from_query
from cca.dashboards.browser.numbers.options import options_of
from cca.dashboards.browser.numbers.parts import Section, tables_of
from cca.dashboards.browser.numbers.reader import Asked, Gold, current
from cca.dashboards.browser.numbers.sheets import csv_of
from cca.dashboards.browser.problems import Problem, no_conversations, unreadable_gold
from cca.dashboards.browser.views import render
from cca.errors import CcaError
from cca.settings import Settings

logger = logging.getLogger(__name__)


_FILTERS = ("period", "project", "user", "host", "pr")
_FILTERS_WITH_MODEL = ("period", "project", "user", "model", "host", "pr")


@dataclass(frozen=True)
class Page:
    """`filters` are those that its figures know; `first` names its period where none is chosen.

    `facts` says what they know of a pull request: responses, whole sessions, or both.
    """

    title: str
    make: Callable[[Asked], list[Section]]
    filters: tuple[str, ...] = _FILTERS
    first: Callable[[Asked], str] | None = None
    # The filter that the page itself chooses by.
    own: Callable[[Choice], str] | None = None
    facts: str = "sessions"

    def filters_of(self, choice: Choice) -> tuple[str, ...]:
        own = self.own(choice) if self.own else ""
        return tuple(name for name in self.filters if name != own)


PAGES = {
    "": Page("Overview", overview.page, _FILTERS_WITH_MODEL, overview.first_period, facts="both"),
    "usage": Page("Usage", usage.page, _FILTERS_WITH_MODEL, facts="responses"),
    "compare": Page(
        "Compare", versus.page, _FILTERS_WITH_MODEL, own=versus.own_filter, facts="both"
    ),
    "causes": Page("Causes", causes.page, _FILTERS_WITH_MODEL, facts="responses"),
    "tools": Page("Tools", tools.page, _FILTERS_WITH_MODEL),
    "sessions": Page("Sessions", sessions.page),
    "activity": Page("Activity", activity.page),
    "log": Page("Work log", log.page, ("period", "project", "host")),
    "behaviour": Page("Behaviour", behaviour.page, _FILTERS_WITH_MODEL),
    "code": Page("Code", code.page),
    "cache": Page("Cache", cache.page, _FILTERS_WITH_MODEL, facts="responses"),
    "breaks": Page("Cache breaks", breaks.page, _FILTERS_WITH_MODEL, facts="responses"),
    "context": Page("Context", context.page, _FILTERS_WITH_MODEL, facts="both"),
    "waste": Page("Waste", waste.page, _FILTERS_WITH_MODEL),
    "blocks": Page("5-hour windows", blocks.page, ("period",)),
    "errors": Page("Errors", errors.page),
    "health": Page("Data health", health.page, ()),
}
# What the first page of the browser shows of them.
GLANCE = Page(
    "At a glance", overview.at_a_glance, _FILTERS_WITH_MODEL, overview.first_period, facts="both"
)
# Name of a filter, and what it is called when it is off.
_FILTER_NAMES = {
    "project": ("Project", "All projects"), "user": ("Person", "All people"),
    "model": ("Model", "All models"), "host": ("Machine", "All machines"),
}  # fmt: skip
# What else an address says, which a change of a filter keeps.
_OF_ONE_PAGE = (
    "by", "split", "unit", "cause", "line", "each", "within_project", "against", *SIDES,
)  # fmt: skip
_KEPT = (*_OF_ONE_PAGE, "of")
_FEW = ("user", "host")
# Filters that travel with a reader, and what a page calls those that it does not apply.
_WORDS = {
    "project": "project", "user": "person", "model": "model", "host": "machine",
    "pr": "pull request", "branch": "branch", "tool": "tool", "text": "title", "tag": "tag",
    "starred": "starred sessions only", "errors": "sessions with failures only",
}  # fmt: skip
# Filters that are set or not, without a value of their own.
_SWITCHES = ("starred", "errors")
_ALL_FILTERS = ("days", "since", "until", *_WORDS)
_PARAMETERS = {"period": ("days", "since", "until")}
NOT_YET = Problem(
    "No numbers yet",
    "The pipeline has not run yet. It computes tokens and costs. Run `cca pipeline` now; `cca up` "
    "runs it every hour.",
)
NOTHING = Problem("Nothing here in this period", "Try another period or other filters.")
_COUNTED_LATER = " The pipeline counts new conversations every hour; `cca pipeline` does it now."
_ANY_SESSION = "select 1 as found from marts.dim_sessions limit 1"


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
        made = await asyncio.to_thread(make, self.cca_settings, from_query(values), slug or "")
        self.set_header("Cache-Control", "private, no-store")
        if wanted := values.get("csv", ""):
            self._send_table(made, wanted)
        else:
            self.finish(str(await asyncio.to_thread(rendered, self.cca_settings, made)))

    def _send_table(self, made: "Made", name: str) -> None:
        """The table of that name as a file."""
        table = next((one for one in tables_of(made.sections) if one.name == name), None)
        if table is None:
            self.set_status(404)
            return
        file = f"{made.slug or 'overview'}-{table.name}.csv"
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{file}"')
        self.finish(csv_of(table))


@dataclass(frozen=True)
class Made:
    """What a page shows; `problem` says why it has no sections, `wanted` what was asked for.

    `given` is what of it the page can apply.
    """

    slug: str
    wanted: Choice
    given: Choice
    choice: Choice
    sections: list[Section]
    problem: Problem
    gold: Gold | None = None
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def numbers_page(settings: Settings, choice: Choice, slug: str = "") -> Markup:
    """The whole page; without a gold file it says how to get one."""
    return rendered(settings, make(settings, choice, slug))


def make(settings: Settings, choice: Choice, slug: str = "") -> Made:
    """The figures of a page."""
    return made_of(settings, choice, PAGES[slug], slug)


def made_of(settings: Settings, choice: Choice, page: Page, slug: str = "") -> Made:
    """The figures of a page that need not be in the menu."""
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    wanted = choice.named(today)
    given = choice = _known_to(page, wanted)
    gold = current(settings)
    if gold is None:
        return Made(slug, wanted, given, choice, [], NOT_YET)
    asked = Asked(gold, choice, today, settings)
    try:
        if page.first and not choice.has_period:
            choice = replace(choice, days=page.first(asked))
            asked = replace(asked, choice=choice)
        sections = page.make(asked)
        if sections and choice.pr:
            sections = [pull_request.caption(asked, page.facts), *sections]
        options = _options(asked, page)
        return Made(slug, wanted, given, choice, sections, _nothing(asked), gold, options)
    except (CcaError, duckdb.Error) as error:
        logger.warning("gold cannot be read: %s", error)
        return Made(slug, wanted, given, choice, [], unreadable_gold(settings, error), gold)


def _nothing(asked: Asked) -> Problem:
    """Why a page has no figures."""
    if asked.rows_of_all(_ANY_SESSION):
        return NOTHING
    return no_conversations(asked.settings, _COUNTED_LATER)


def _known_to(page: Page, choice: Choice) -> Choice:
    """A filter that a page's figures do not know is off there, and `not_applied` names it."""
    return replace(choice, **dict.fromkeys(_unknown_to(page, choice), ""))


def _unknown_to(page: Page, choice: Choice) -> list[str]:
    known = {name for each in page.filters_of(choice) for name in _PARAMETERS.get(each, (each,))}
    return [name for name in _ALL_FILTERS if name not in known]


def not_applied(page: Page, wanted: Choice) -> str:
    """The filters that were asked for and that the page does not know."""
    own = page.own(wanted) if page.own else ""
    unknown = [name for name in _unknown_to(page, wanted) if name in _WORDS and name != own]
    return ", ".join(_told(name, value) for name in unknown if (value := getattr(wanted, name)))


def _told(name: str, value: str) -> str:
    return _WORDS[name] if name in _SWITCHES else f"{_WORDS[name]} {value}"


def _options(asked: Asked, page: Page) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen, as (value, name), and what is chosen though it is not there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in page.filters_of(asked.choice):
        if name in _FILTER_NAMES:
            chosen, values = getattr(asked.choice, name), options_of(asked, name)
            # With one person or machine alone there is nothing to choose.
            if name in _FEW and len(values) <= 1 and not chosen:
                continue
            is_new = bool(chosen) and chosen not in dict(values)
            found[name] = [*values, *([(chosen, chosen)] if is_new else [])]
    return {name: values for name, values in found.items() if values}


def rendered(settings: Settings, made: Made) -> Markup:
    """The page as HTML."""
    choice, slug, page = made.choice, made.slug, PAGES[made.slug]
    # Another page keeps the filters and forgets the thing that was looked at.
    kept = replace(made.wanted, of="", **dict.fromkeys(_OF_ONE_PAGE, ""))
    if "period" in page.filters_of(choice) and not kept.has_period:
        kept = replace(kept, days=choice.days)
    return render(
        "numbers.html",
        ZoneInfo(settings.timezone),
        asset=asset_url,
        slug=slug,
        page=page,
        filters=page.filters_of(choice),
        not_applied=not_applied(page, made.wanted),
        pages=[(name, each.title, kept.link(name)) for name, each in PAGES.items()],
        choice=choice,
        sections=made.sections,
        problem=None if made.sections else made.problem,
        is_filtered=made.given != Choice(),
        periods=PERIODS,
        link=lambda **changes: choice.carrying(made.wanted).link(slug, **changes),
        sheet=lambda table: _sheet(choice.link(slug), table.name),
        list_link=_back(made.wanted, settings),
        options=made.options,
        filter_names=_FILTER_NAMES,
        kept=(*_WORDS, *_KEPT),
        wanted=made.wanted,
        published_at=made.gold.published_at if made.gold else None,
        has_docs=has_docs(settings),
    )


def _back(wanted: Choice, settings: Settings) -> str:
    """The list with all filters that came from there."""
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    return wanted.conversations(today, **wanted.of_list)


def _sheet(address: str, table: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}csv={table}"
