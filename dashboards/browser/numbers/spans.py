"""Periods by name, as one of two sides: the last 30 days, the 30 days before, a month; pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from cca.dashboards.browser.chart import next_start
from cca.dashboards.browser.numbers.choice import PERIODS, Choice, days_in_words

# The value of a period before another one ends in this: `30-1` is what `30` is compared with.
_BEFORE = "-1"
_BETWEEN = ".."
_NAMES = {
    "week": ("This week", "Last week, the same days"),
    "month": ("This month", "Last month, the same days"),
    "7": ("Last 7 days", "The 7 days before"),
    "30": ("Last 30 days", "The 30 days before"),
    "90": ("Last 90 days", "The 90 days before"),
}
FIRST_SIDES = ("30", "30-1")
_MONTH_FORM = "%Y-%m"


class Span(NamedTuple):
    """First and last day, both included, and what the period is called."""

    first: date
    last: date
    name: str

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def span_named(value: str, today: date) -> Span | None:
    """The period of a value: `30`, `30-1`, `2026-11` or `2026-11-01..2026-11-14`; None of others.

    No period goes beyond today.
    """
    found = _by_name(value, today) or _between(value) or _month(value)
    return found._replace(last=min(found.last, today)) if found and found.first <= today else None


def followed_by(value: str) -> str:
    """The named period that this one is compared with: `30` for `30-1`; "" for any other."""
    name = value.removesuffix(_BEFORE)
    return name if name != value and name in _NAMES else ""


def values_of(months: Iterable[str], today: date) -> list[tuple[str, str]]:
    """What may be chosen, as (value, name): the named periods, then months, the newest first."""
    values = [value for name in _NAMES for value in (name, f"{name}{_BEFORE}")]
    spans = [(value, span_named(value, today)) for value in [*values, *sorted(months)[::-1]]]
    return [(value, f"{span.name} ({_days(span)})") for value, span in spans if span]


def _by_name(value: str, today: date) -> Span | None:
    name = value.removesuffix(_BEFORE)
    if name not in _NAMES or name not in PERIODS:
        return None
    if value == name:
        first, _ = Choice(days=name).period(today)
        return Span(first, today, _NAMES[name][0]) if first else None
    before = Choice(days=name).before(today)
    return Span(before.first, before.last, _NAMES[name][1]) if before else None


def _between(value: str) -> Span | None:
    try:
        first, last = (date.fromisoformat(part) for part in value.split(_BETWEEN))
    except ValueError:
        return None
    return Span(first, last, f"{first} to {last}") if first <= last else None


def _month(value: str) -> Span | None:
    try:
        first = date.fromisoformat(f"{value}-01")
    except ValueError:
        return None
    last = next_start(first, "month") - timedelta(days=1)
    return Span(first, last, f"{first:%B %Y}")


def _days(span: Span) -> str:
    return days_in_words(span.first, span.last)
