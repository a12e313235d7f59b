"""What a Numbers page shows, to and from its query string; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from cca.dashboards.browser.chart import start_of
from cca.gold.measures.causes import BY_KIND

ALL = "all"
PERIODS = {
    "week": "This week", "month": "This month", "7": "7 days", "30": "30 days", "90": "90 days",
    ALL: "All",
}  # fmt: skip
MEASURES = {"": "Cost", "tokens": "Tokens"}
SPLITS = {"": "model", "project": "project", "user": "person", "host": "machine"}
UNITS = {"day": "Day", "week": "Week", "month": "Month"}
# Filters of the list alone, which the analytics cannot apply: they only travel along.
OF_LIST = ("branch", "tool", "text", "tag", "starred", "errors")
# What is set side by side: the value of `against`, and what several of these are called.
AGAINST = {
    "": "Models", "project": "Projects", "user": "People", "host": "Machines", "period": "Periods",
}  # fmt: skip
# What the treemap shows of a project.
WITHIN = {"": "model", "session": "session"}
SIDES = ("a", "b", "c", "d")
# What the lines of the Behaviour page stand for.
LINES = {"": "all", "model": "model", "version": "version", "effort": "effort"}
# What a part of the work log is.
EACH = {"": "day", "week": "week"}
_MAX_CHARACTERS = 500
_DATE_CHARACTERS = len("2026-01-31")


def days_in_words(first: date, last: date) -> str:
    """First and last day: `Nov 23 to Nov 29`, or `Mon, Nov 23`."""
    return f"{first:%a, %b %-d}" if first == last else f"{first:%b %-d} to {last:%b %-d}"


class Before(NamedTuple):
    """The period that a figure is compared with, and what it is called."""

    first: date
    last: date
    name: str

    @property
    def days(self) -> str:
        return days_in_words(self.first, self.last)


@dataclass(frozen=True)
class Choice:
    """Each field is a query parameter; `since` and `until` override `days`.

    Without a period a page shows all there is, or what it shows first.
    """

    days: str = ""
    since: str = ""
    until: str = ""
    project: str = ""
    user: str = ""
    model: str = ""
    host: str = ""
    pr: str = ""
    # Those of `OF_LIST`.
    branch: str = ""
    tool: str = ""
    text: str = ""
    tag: str = ""
    starred: str = ""
    errors: str = ""
    by: str = ""
    split: str = ""
    # What a bar stands for; without it, what suits the period.
    unit: str = ""
    cause: str = ""
    line: str = ""
    each: str = ""
    within_project: str = ""
    # What is compared, and which of them.
    against: str = ""
    a: str = ""
    b: str = ""
    c: str = ""
    d: str = ""
    # One tool, cause, file, hour of the week or class of errors whose sessions are listed.
    of: str = ""

    def period(self, today: date) -> tuple[date | None, date | None]:
        """First and last day, both included."""
        if self.has_dates:
            return _day(self.since), _day(self.until)
        if self.days in {"", ALL}:
            return None, None
        if self.days in {"week", "month"}:
            return start_of(today, self.days), None
        return today - timedelta(days=int(self.days) - 1), None

    def before(self, today: date) -> "Before | None":
        """What the period is compared with; None without a first day."""
        since, until = self.period(today)
        if since is None:
            return None
        last = until or today
        if not self.has_dates and self.days == "week":
            week = timedelta(days=7)
            name = "the same days of last week" if last > since else f"{last:%A} of last week"
            return Before(since - week, last - week, name)
        if not self.has_dates and self.days == "month":
            first = start_of(since - timedelta(days=1), "month")
            same = min(since - timedelta(days=1), first + (last - since))
            return Before(first, same, "the same days of last month")
        length = (last - since).days + 1
        name = f"the {length} days before" if length > 1 else "the day before"
        return Before(since - timedelta(days=length), since - timedelta(days=1), name)

    def within(self, first: date, last: date) -> "Choice":
        """The same filters in another period."""
        return replace(self, days="", since=first.isoformat(), until=last.isoformat())

    def named(self, today: date) -> "Choice":
        """The same, by the name of its period if it has one: the list knows no names.

        What a name is compared with differs from what its days are compared with.
        """
        if not self.since or self.until:
            return self
        begun = _day(self.since)
        names = (days for days in PERIODS if Choice(days).period(today)[0] == begun)
        name = next(names, "")
        return replace(self, days=name, since="") if name else self

    @property
    def has_dates(self) -> bool:
        return bool(self.since or self.until)

    @property
    def has_period(self) -> bool:
        return bool(self.days) or self.has_dates

    @property
    def of_list(self) -> dict[str, str]:
        """The filters that only the list applies."""
        return {name: getattr(self, name) for name in OF_LIST}

    def carrying(self, other: "Choice") -> "Choice":
        """The same with the filters of the list that another has."""
        return replace(self, **other.of_list)

    def link(self, page: str = "", **changes: str) -> str:
        """This choice on a Numbers page, with changes."""
        if {"since", "until"} & set(changes):
            changes = {"days": "", **changes}
        if "days" in changes and not {"since", "until"} & set(changes):
            changes = {"since": "", "until": "", **changes}
        query = _query(vars(replace(self, **changes)))
        return f"/numbers{'/' if page else ''}{page}{query}"

    def conversations(self, today: date, **more: str) -> str:
        """The list of the conversations behind a figure of this choice."""
        since, until = self.period(today)
        values = {
            "project": self.project,
            "user": self.user,
            "model": self.model,
            "host": self.host,
            "pr": self.pr,
            "since": since.isoformat() if since else "",
            "until": until.isoformat() if until else "",
        }
        return "/" + _query(values | more)


def from_query(values: Mapping[str, Any]) -> Choice:
    """Unknown names are ignored, impossible values are empty."""
    known = {field.name for field in fields(Choice)}
    given = {
        name: str(value or "").strip()[:_MAX_CHARACTERS]
        for name, value in values.items()
        if name in known
    }
    return Choice(**{name: _cleaned(name, value) for name, value in given.items()})


_ALLOWED: dict[str, Collection[str]] = {
    "days": PERIODS, "by": MEASURES, "split": SPLITS, "unit": UNITS, "cause": BY_KIND,
    "line": LINES, "each": EACH, "against": AGAINST,
    "within_project": WITHIN,
}  # fmt: skip


def _cleaned(name: str, value: str) -> str:
    allowed = _ALLOWED.get(name)
    if allowed is not None:
        return value if value in allowed else ""
    if name in {"since", "until"}:
        # The list knows hours too; here a day is the least.
        day = value[:_DATE_CHARACTERS]
        return day if _day(day) else ""
    return value


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == _DATE_CHARACTERS else None
    except ValueError:
        return None


def _query(values: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"?{query}" if query else ""
