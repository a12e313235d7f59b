"""What a Numbers page shows, to and from its query string; pure."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from cca.gold.measures.causes import BY_KIND

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "": "All"}
MEASURES = {"": "Cost", "tokens": "Tokens"}
SPLITS = {"": "model", "project": "project", "host": "machine"}
# Orders of the table of causes, the dearest first where nothing else is said.
SORTS = ("", "responses", "sessions", "prompts", "tokens", "name")
# What the lines of the Behaviour page stand for.
LINES = {"": "all", "model": "model", "version": "version", "effort": "effort"}
# What a part of the work log is.
EACH = {"": "day", "week": "week"}
_MAX_CHARACTERS = 500
_DATE_CHARACTERS = len("2026-01-31")


@dataclass(frozen=True)
class Choice:
    """Each field is a query parameter; `since` and `until` override `days`."""

    days: str = ""
    since: str = ""
    until: str = ""
    project: str = ""
    model: str = ""
    host: str = ""
    by: str = ""
    split: str = ""
    # Kind of cause, and the order of its table.
    cause: str = ""
    sort: str = ""
    line: str = ""
    each: str = ""
    # One tool, cause, file, hour of the week or class of errors whose sessions are listed.
    of: str = ""

    def period(self, today: date) -> tuple[date | None, date | None]:
        """First and last day, both included."""
        if self.since or self.until:
            return _day(self.since), _day(self.until)
        if self.days:
            return today - timedelta(days=int(self.days) - 1), None
        return None, None

    def link(self, page: str = "", **changes: str) -> str:
        """This choice on a Numbers page, with changes."""
        if {"since", "until"} & set(changes):
            changes = {"days": "", **changes}
        if "days" in changes and not {"since", "until"} & set(changes):
            changes = {"since": "", "until": "", **changes}
        query = _query(asdict(replace(self, **changes)))
        return f"/numbers{'/' if page else ''}{page}{query}"

    def conversations(self, today: date, **more: str) -> str:
        """The list of the conversations behind a figure of this choice."""
        since, until = self.period(today)
        values = {
            "project": self.project,
            "model": self.model,
            "host": self.host,
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
    "days": PERIODS, "by": MEASURES, "split": SPLITS, "cause": BY_KIND, "sort": SORTS,
    "line": LINES, "each": EACH,
}  # fmt: skip


def _cleaned(name: str, value: str) -> str:
    allowed = _ALLOWED.get(name)
    if allowed is not None:
        return value if value in allowed else ""
    if name in {"since", "until"}:
        return value if _day(value) else ""
    return value


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == _DATE_CHARACTERS else None
    except ValueError:
        return None


def _query(values: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"?{query}" if query else ""
