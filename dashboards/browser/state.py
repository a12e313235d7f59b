"""What a page shows, to and from its query string; pure, no Panel."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

SORTS = {
    "newest": "Newest", "oldest": "Oldest", "longest": "Longest", "failures": "Most failures",
    "cost": "Most expensive",
}  # fmt: skip
# Values that an address of an earlier version may have, and what they are called now.
_FORMER = {"sort": {"dearest": "cost"}}
ORDERS = {"best": "Best match", "newest": "Newest"}
# What of a conversation is shown: all, what people and Claude said, or what was asked and the last
# answer to it.
LAYOUTS = {"everything": "Everything", "conversation": "Conversation", "prompts": "Prompts only"}
UNITS = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
# Filters on what a session holds; a search is narrowed to such sessions too.
TRAITS = {
    "branch": "Branch", "model": "Model", "tool": "Tool", "user": "Person", "host": "Machine",
    "pr": "Pull request",
}  # fmt: skip
# What the analytics know too, and what they say that they do not; they count days, not hours.
_OF_ANALYTICS = (
    "project", "user", "model", "host", "pr", "branch", "tool", "text", "tag", "starred", "errors",
)  # fmt: skip
# A query string comes from anywhere; nothing longer than this is a name or a search of ours.
MAX_VALUE_CHARS = 500
_ONE_OF = {"sort": SORTS, "order": ORDERS, "by": UNITS, "show": LAYOUTS}
# What an empty value stands for.
_DEFAULTS = {"sort": "newest", "order": "best"}
_DAY_CHARS, _HOUR_CHARS = len("2026-01-31"), len("2026-01-31T09")
# An hour that the clock shows twice, or that begins within one, has its offset from UTC.
_EXACT_CHARS = len("2026-01-31T09:00+01:00")
# The years that any zone's clock can show, with room to add to them.
_YEARS = range(1900, 9000)
# Changing one of these leads to another place, so the back button returns from it.
FILTERS = ("project", "text", "since", "until", "errors", "starred", "tag", *TRAITS, "kind")
PLACES = frozenset({"session", "agent", "project"})


@dataclass(frozen=True)
class State:
    """Empty strings mean "not set"; every field is a query parameter of the same name."""

    session: str = ""
    agent: str = ""
    m: str = ""
    project: str = ""
    q: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    errors: str = ""
    starred: str = ""
    tag: str = ""
    sort: str = ""
    branch: str = ""
    model: str = ""
    tool: str = ""
    user: str = ""
    host: str = ""
    pr: str = ""
    kind: str = ""
    order: str = ""
    by: str = ""
    show: str = ""

    @property
    def is_filtered(self) -> bool:
        return any(getattr(self, name) for name in FILTERS)

    @property
    def is_narrowed(self) -> bool:
        """Whether the list shows less than its overview, which knows project and period alone."""
        known = ("project", "since", "until")
        return bool(self.q) or any(getattr(self, name) for name in FILTERS if name not in known)

    def period(self, timezone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Where the chosen days or hours begin, and the first moment after them."""
        since = _moment(self.since, timezone) if self.since else None
        if not self.until:
            return since, None
        last = datetime.fromisoformat(self.until)
        step = timedelta(days=1) if len(self.until) == _DAY_CHARS else timedelta(hours=1)
        return since, _utc(last + step, timezone)

    def to_query(self) -> str:
        """The query string with its question mark, or nothing."""
        # `asdict` would copy each value, and a page of matches asks for 60 queries.
        query = urlencode({name: value for name, value in vars(self).items() if value})
        return f"?{query}" if query else ""

    @property
    def analytics(self) -> str:
        """The address of the analytics with the same filters."""
        query = urlencode(self.of_analytics)
        return f"/numbers?{query}" if query else "/numbers"

    @property
    def of_analytics(self) -> dict[str, str]:
        """The filters that travel to the analytics, as they take them."""
        values = {name: getattr(self, name) for name in _OF_ANALYTICS}
        values |= {name: getattr(self, name)[:_DAY_CHARS] for name in ("since", "until")}
        return {name: value for name, value in values.items() if value}

    def changed(self, changes: Mapping[str, Any]) -> "State":
        """This state with changes from outside: unknown names are ignored, bad values are empty."""
        state = replace(self, **_accepted(changes))
        if "session" in changes and "agent" not in changes:
            state = replace(state, agent="")
        # Another session is shown as its reader last chose.
        if "session" in changes and "show" not in changes:
            state = replace(state, show="")
        if {"session", "agent"} & set(changes) and "m" not in changes:
            state = replace(state, m="")
        return state


def from_query(values: Mapping[str, Any]) -> State:
    """The state of a query string given as name to value."""
    return State(**_accepted(values))


def is_other_place(before: State, after: State) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in PLACES)


def _accepted(values: Mapping[str, Any]) -> dict[str, str]:
    known = {field.name for field in fields(State)}
    return {
        name: _cleaned(name, str(value or "").strip()[:MAX_VALUE_CHARS])
        for name, value in values.items()
        if name in known
    }


def _cleaned(name: str, value: str) -> str:
    if name in {"since", "until"}:
        return value if _is_moment(value) else ""
    if name in _ONE_OF:
        value = _FORMER.get(name, {}).get(value, value)
        return value if value in _ONE_OF[name] and value != _DEFAULTS.get(name) else ""
    if name in {"errors", "starred"}:
        return "1" if value and value not in {"0", "False"} else ""
    return value


def hour_key(start: datetime, timezone: ZoneInfo) -> str:
    """Returns the hour that begins then as a state holds it: 2026-01-31T09, on the zone's clock."""
    local = start.astimezone(timezone)
    is_plain = local.minute == 0 and not is_twice(local)
    return f"{local:%Y-%m-%dT%H}" if is_plain else local.isoformat(timespec="minutes")


def is_twice(local: datetime) -> bool:
    """Tells whether the zone's clock shows this time twice, as at the end of summer time."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def told(moment: str) -> str:
    """Returns a day or an hour of a state as a person reads it."""
    day, _, hour = moment.partition("T")
    if not hour:
        return day
    is_exact = len(moment) == _EXACT_CHARS
    return f"{day} {hour[:5]} (UTC{hour[5:]})" if is_exact else f"{day} {hour}:00"


def _is_moment(value: str) -> bool:
    """A day, or an hour as 2026-01-31T09, or as 2026-01-31T09:00+01:00."""
    if len(value) not in {_DAY_CHARS, _HOUR_CHARS, _EXACT_CHARS}:
        return False
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return False
    is_exact = len(value) == _EXACT_CHARS
    is_whole = len(value) == _DAY_CHARS or value[_DAY_CHARS] == "T"
    return is_whole and is_exact == (found.tzinfo is not None) and found.year in _YEARS


def _moment(value: str, timezone: ZoneInfo) -> datetime:
    return _utc(datetime.fromisoformat(value), timezone)


def _utc(moment: datetime, timezone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone)).astimezone(UTC)
