"""The first page: what the period cost beside the one before it, who spent it and what for."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from cca.dashboards.browser.numbers import calendars, spending
from cca.dashboards.browser.numbers.budgets import meters
from cca.dashboards.browser.numbers.cells import project_labels
from cca.dashboards.browser.numbers.choice import ALL, PERIODS, Before, Choice, days_in_words
from cca.dashboards.browser.numbers.compared import change, tables
from cca.dashboards.browser.numbers.drawn import Bars
from cca.dashboards.browser.numbers.parts import Caption, Remark, Section, Tile, Tiles, count
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.spending import WHERE
from cca.dashboards.browser.numbers.usage import UNPRICED, most_expensive, unpriced
from cca.dashboards.browser.numbers.write import figure, money
from cca.gold.measures import cache, calls, sessions
from cca.gold.measures import usage as measured
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select, up_to

_TOTALS = select(
    [
        measured.COST_USD, measured.API_MESSAGES, measured.COST_PER_DAY_USD, measured.TOKENS,
        measured.ANSWERED_SESSIONS, measured.CACHE_HIT_RATE, measured.WEB_SEARCH_FEE_USD,
    ],
    where=f"{WHERE} and {up_to(measured.COST_USD)}",
)  # fmt: skip
# These are known of sessions, prompts and calls, whatever model answered.
_SAID = select(
    [sessions.SESSIONS, sessions.PROMPTS], where=f"{FILTERED} and {up_to(sessions.PROMPTS)}"
)
_CALLED = select(
    [calls.SUCCESS_RATE, calls.FAILED_CALLS], where=f"{FILTERED} and {up_to(calls.FAILED_CALLS)}"
)
_COPIES = select(
    [sessions.COPIED_SESSIONS], where=f"{FILTERED} and {up_to(sessions.COPIED_SESSIONS)}"
)
_WASTED = select(
    [cache.WASTE_USD],
    where=f"{FILTERED} and {cache.WASTE_OF_MODEL} and {up_to(cache.WASTE_USD)}",
)
# On its first two days a week says little.
_JUST_BEGUN = timedelta(days=1)
# As long as the room for it.
_SHORTER = {cache.WASTE_USD: "Brought little"}
# What the browser's first page shows of these; a model is known of responses alone.
_AT_A_GLANCE = (measured.COST_USD, measured.TOKENS, sessions.SESSIONS, calls.FAILED_CALLS)
_AT_A_GLANCE_OF_MODEL = (measured.COST_USD, measured.TOKENS, measured.ANSWERED_SESSIONS)


def first_period(asked: Asked) -> str:
    """The period that is shown when none is chosen: the newest that holds anything."""
    recent = (replace(asked.choice, days=days) for days in ("week", "7", "30"))
    found = (each.days for each in recent if _totals(asked, each)["api_messages"])
    return next(found, ALL)


def at_a_glance(asked: Asked) -> list[Section]:
    """What the browser's first page shows: a few tiles, and the sessions that cost most."""
    before, _, now, then = _both(asked)
    if not now["api_messages"] and not (then and then["api_messages"]):
        return []
    pages = {measured.TOKENS: "usage", sessions.SESSIONS: "sessions", calls.FAILED_CALLS: "errors"}
    shown = _AT_A_GLANCE_OF_MODEL if asked.choice.model else _AT_A_GLANCE
    tiles = [_tile(each, asked.choice.link(pages.get(each, "")), now, then) for each in shown]
    return [
        _caption(asked, before),
        Tiles(tiles),
        most_expensive(asked, project_labels(asked)),
    ]


def page(asked: Asked) -> list[Section]:
    before, compared, now, then = _both(asked)
    if not now["api_messages"] and not (then and then["api_messages"]):
        return []
    labels = project_labels(asked)
    return [
        _caption(asked, before),
        _tiles(asked, now, then),
        *meters(asked),
        *(Remark(text) for text in unpriced(asked.rows(UNPRICED))),
        _chart(asked, before),
        *tables(asked, compared, labels),
        most_expensive(asked, labels),
        calendars.year(asked, "", measured.COST_USD, WHERE),
        *([calendars.hours(asked, "", sessions.MESSAGES)] if now["api_messages"] else []),
    ]


def _both(asked: Asked) -> tuple[Before | None, Choice | None, Row, Row | None]:
    """The period before as it is named and as it is asked for, and the totals of both."""
    before = asked.choice.before(asked.today)
    compared = asked.choice.within(before.first, before.last) if before else None
    end = asked.in_utc(asked.up_to(asked.choice))
    then = _totals(asked, compared, end) if compared else None
    return before, compared, _totals(asked, asked.choice), then


def _totals(asked: Asked, choice: Choice, end: datetime | None = None) -> dict[str, Any]:
    parts = (_TOTALS, _SAID, _CALLED, _COPIES, _WASTED)
    rows = (asked.rows_of(choice, sql, up_to=end)[0] for sql in parts)
    return {name: value for row in rows for name, value in row.items()}


def _caption(asked: Asked, before: Before | None) -> Caption:
    since, until = asked.choice.period(asked.today)
    name = "Chosen days" if asked.choice.has_dates else PERIODS[asked.choice.days or ALL]
    if since is None or before is None:
        return Caption("All time" if not asked.choice.has_dates else name, "")
    days = days_in_words(since, until or asked.today)
    text = f"{days}{_compared_with(asked, before)}."
    if asked.choice.days != "week" or asked.today - since > _JUST_BEGUN:
        return Caption(name, text)
    number = (asked.today - since).days + 1
    return Caption(
        name, f"{text} The week has {count(number, 'day')} so far.",
        ("Show the last 7 days", asked.choice.link(days="7")),
    )  # fmt: skip


def _compared_with(asked: Asked, before: Before) -> str:
    """What the period is compared with; today has hours to come, so that ends at the same hour."""
    if end := asked.up_to(asked.choice):
        return f" so far, compared with {before.name} ({before.days}, up to {end:%H:%M})"
    _, until = asked.choice.period(asked.today)
    so_far, whole = (" so far", "all of ") if (until or asked.today) >= asked.today else ("", "")
    return f"{so_far}, compared with {whole}{before.name} ({before.days})"


def _tiles(asked: Asked, now: Row, then: Row | None) -> Tiles:
    behind = asked.conversations()
    link = asked.choice.link
    shown: list[tuple[Measure, str]] = [
        (measured.COST_USD, behind),
        (measured.COST_PER_DAY_USD, link("usage")),
        (measured.ANSWERED_SESSIONS, behind) if asked.choice.model else (sessions.SESSIONS, behind),
        (sessions.PROMPTS, link("activity")),
        (measured.TOKENS, link("usage")),
        (measured.CACHE_HIT_RATE, link("cache")),
        (calls.SUCCESS_RATE, link("tools")),
        (cache.WASTE_USD, link("waste")),
    ]
    if asked.choice.model:
        shown = [each for each in shown if each[0] not in {sessions.PROMPTS, calls.SUCCESS_RATE}]
    return Tiles([_tile(measure, link, now, then) for measure, link in shown])


def _tile(measure: Measure, link: str, now: Row, then: Row | None) -> Tile:
    value, old = now[measure.name], then[measure.name] if then else None
    remarks = [] if old is None else [f"from {figure(measure, old)}"]
    if measure is sessions.SESSIONS and now["copied_sessions"]:
        # The list says the same of its count.
        remarks.append(f"and {count(now['copied_sessions'], 'copy', 'copies')}")
    told = ", ".join(remarks)
    if measure is measured.COST_USD and (fee := now[measured.WEB_SEARCH_FEE_USD.name]):
        told = f"{told} (without {money(fee)} for web searches)".strip()
    name = _SHORTER.get(measure, measure.label)
    return Tile(
        name, figure(measure, value), told, link, measure.description,
        change=change(value, old, measure.unit) if then else "",
    )  # fmt: skip


def _chart(asked: Asked, before: Before | None) -> Bars:
    """The days of the period after those that it is compared with."""
    axis = asked.axis("")
    if before is None or axis.first is None:
        return spending.chart(asked, "", asked.choice, axis)
    both = asked.choice.within(before.first, axis.last)
    compared = axis._replace(first=before.first, compared=axis.first)
    note = _about_faded(before, axis.first, asked.up_to(asked.choice))
    return replace(spending.chart(asked, "", both, compared), note=note)


def _about_faded(before: Before, first: date, end: datetime | None) -> str:
    """What the faded bars are; the figures may be compared with a part of them."""
    until = f" up to {end:%H:%M}" if end else ""
    if before.last + timedelta(days=1) != first:
        return f"Faded: the days before. The figures are compared with {before.days}{until} only."
    faded = f"Faded: {before.name}"
    if end is None:
        return f"{faded}."
    return f"{faded}, whole; the figures are compared with them{until} of {end:%b %-d}."
