"""The activity chart: days become bars, weeks or months where there are many; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor, isclose, log10
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from cca.dashboards.browser.state import State, hour_key, is_twice

At = TypeVar("At", bound=date)
MAX_BARS = 120
# At most one week of hourly bars.
MAX_HOURS = 168
# Matches of less than this have a bar for each hour.
_HOURLY = timedelta(days=2)
_SIZES = {
    "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7),
    "month": timedelta(days=31),
}  # fmt: skip
_DAY_LABEL = "%a, %b %-d, %Y"


@dataclass(frozen=True)
class Bar:
    since: str
    until: str
    label: str
    user: int
    assistant: int
    user_height: float
    assistant_height: float
    is_chosen: bool


@dataclass(frozen=True)
class Mark:
    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    unit: str
    bars: list[Bar]
    lines: list[Mark]
    ticks: list[Mark]


def activity_chart(
    counted: Sequence[tuple[datetime, int, int]], state: State, zone: ZoneInfo
) -> Chart:
    """One bar a day or hour, quiet ones included; of longer times one a week or month.

    Days are those of the zone's clock, and hours are in UTC: a clock shows an hour of autumn twice.
    """
    if not counted:
        return Chart(state.by or "day", [], [], [])
    first, last = counted[0][0], counted[-1][0]
    unit = state.by or unit_of((last - first).days + 1)
    # A lone bar would be as wide as the page.
    least = last - timedelta(hours=23) if unit == "hour" else last - timedelta(days=27)
    places = starts(min(first, least), last, unit)[-_most(unit) :]
    counts = {start: [0, 0] for start in places}
    for at, user, assistant in counted:
        both = counts.get(start_of(at, unit), [0, 0])
        both[0] += user
        both[1] += assistant
    top = count_top(max(sum(both) for both in counts.values()))
    period = state.period(zone)
    bars = [_bar(_span(start, unit, zone), both, top, period) for start, both in counts.items()]
    shown = [start.astimezone(zone) if unit == "hour" else start for start in places]
    return Chart(unit, bars, scale(top, short, is_count=True), ticks(shown, unit))


def matches_chart(
    first: datetime, last: datetime, count: Callable[[Sequence[datetime]], list[int]],
    state: State, zone: ZoneInfo,
) -> Chart:  # fmt: skip
    """Returns bars of the matches between two times.

    `count` returns how many matches there are between each two of the times given to it.
    """
    unit = "hour" if last - first < _HOURLY else unit_of((last - first).days + 1)
    times = [at.astimezone(UTC if unit == "hour" else zone) for at in (first, last)]
    start, end = (at if unit == "hour" else at.replace(tzinfo=None) for at in times)
    least = end - (timedelta(hours=23) if unit == "hour" else timedelta(days=27))
    places = starts(min(start, least), end, unit)[-_most(unit) :]
    spans = [_span(place, unit, zone) for place in places]
    counts = count([*(span.first for span in spans), spans[-1].following])
    top, period = count_top(max(counts)), state.period(zone)
    bars = [
        _bar(span, [number, 0], top, period) for span, number in zip(spans, counts, strict=True)
    ]
    shown = [place.astimezone(zone) if unit == "hour" else place for place in places]
    return Chart(unit, bars, scale(top, short, is_count=True), ticks(shown, unit))


def _most(unit: str) -> int:
    return MAX_HOURS if unit == "hour" else 2 * MAX_BARS


def nice_top(value: float) -> float:
    """The next round number (1, 1.2, 1.6, 2, 3, 4, 6, 8 times a power of ten) above the bars."""
    scale = 10.0 ** floor(log10(value)) if value > 0 else 1.0
    return next(step * scale for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if value <= step * scale)


def count_top(value: float) -> float:
    """Like nice_top but even, so that the middle grid line is a whole number."""
    top = nice_top(value)
    return top if top % 2 == 0 else max(2.0, 2.0 * ceil(value / 2))


def scale(top: float, written: Callable[[float], str], *, is_count: bool = False) -> list[Mark]:
    """The lines over a chart from the highest down, at round numbers: three to five, or two."""
    number = next((n for n in (4, 5, 3) if _is_round(top / n, is_count=is_count)), 2)
    parts = [part / number for part in range(number, 0, -1)]
    return [Mark(round(100 * part, 2), written(top * part)) for part in parts]


def _is_round(step: float, *, is_count: bool) -> bool:
    """Tells whether a step is 1 to 5 times a power of ten, and whole where things count."""
    digit = step / 10.0 ** floor(log10(step))
    is_short = any(isclose(digit, whole) for whole in (1, 2, 3, 4, 5, 10))
    return is_short and (not is_count or isclose(step, round(step)))


def unit_of(days: int) -> str:
    units = ("day", "week")
    return next((u for u in units if days / _SIZES[u].days <= MAX_BARS), "month")


def start_of(at: At, unit: str) -> At:
    if isinstance(at, datetime):
        hour = at.hour if unit == "hour" else 0
        at = at.replace(hour=hour, minute=0, second=0, microsecond=0)
    if unit == "month":
        return at.replace(day=1)
    return at - timedelta(days=at.weekday()) if unit == "week" else at


def next_start(start: At, unit: str) -> At:
    following = start + _SIZES[unit]
    return following.replace(day=1) if unit == "month" else following


def starts(first: At, last: At, unit: str) -> list[At]:
    found = [start_of(first, unit)]
    while (following := next_start(found[-1], unit)) <= last:
        found.append(following)
    return found


class _Span(NamedTuple):
    """What a bar stands for: two moments, what a state calls them, and how it is called."""

    first: datetime
    following: datetime
    since: str
    until: str
    label: str


def _span(start: datetime, unit: str, zone: ZoneInfo) -> _Span:
    following = next_start(start, unit)
    if unit == "hour":
        key = hour_key(start, zone)
        return _Span(start, following, key, key, hour_label(start, zone))
    since, until = f"{start:%Y-%m-%d}", f"{following - _SIZES['day']:%Y-%m-%d}"
    label = start.strftime(_DAY_LABEL) if unit == "day" else f"{since} to {until}"
    first, following = (day.replace(tzinfo=zone).astimezone(UTC) for day in (start, following))
    return _Span(first, following, since, until, label)


def _bar(
    span: _Span, both: list[int], top: float, period: tuple[datetime | None, datetime | None]
) -> Bar:
    since, until = period
    return Bar(
        since=span.since,
        until=span.until,
        label=span.label,
        user=both[0],
        assistant=both[1],
        user_height=round(100 * both[0] / top, 2),
        assistant_height=round(100 * both[1] / top, 2),
        # A day chosen holds all its hours.
        is_chosen=(since is None or span.following > since)
        and (until is None or span.first < until),
    )


def hour_label(start: datetime, zone: ZoneInfo) -> str:
    """Returns how the hour that begins then is called; one that comes twice has its zone."""
    local = start.astimezone(zone)
    name = local.strftime("%a, %b %-d, %H:%M")
    return f"{name} {local:%Z}" if is_twice(local) else name


def ticks(places: Sequence[date], unit: str) -> list[Mark]:
    """A label under every ninth or so of the bars; with its year where there are several."""
    every = max(1, ceil(len(places) / 9))
    has_years = places[0].year != places[-1].year
    pattern = "%b %Y" if unit == "month" else "%b %-d, %Y" if has_years else "%b %-d"
    pattern = "%a %H:%M" if unit == "hour" else pattern
    return [
        Mark(round(100 * (index + 0.5) / len(places), 2), start.strftime(pattern))
        for index, start in enumerate(places)
        if index % every == 0
    ]


def short(value: float) -> str:
    """A round number in few characters: 1.2k, 16M."""
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{value / scale:g}{unit}"
    return f"{value:g}"
