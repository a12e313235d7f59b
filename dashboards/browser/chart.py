"""The activity chart: days become bars, weeks or months where there are many; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from dashboards.browser.state import State

MAX_BARS = 120
_DAYS_OF_UNIT = {"day": 1, "week": 7, "month": 31}


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


def activity_chart(days: Sequence[tuple[datetime, int, int]], state: State) -> Chart:
    """One bar a day, quiet days included, up to MAX_BARS of them."""
    if not days:
        return Chart("day", [], [], [])
    first, last = days[0][0].date(), days[-1][0].date()
    unit = _unit((last - first).days + 1)
    # A lone day would be one bar as wide as the page.
    starts = _starts(min(first, last - timedelta(days=27)), last, unit)
    counts = {start: [0, 0] for start in starts}
    for at, user, assistant in days:
        both = counts[_start(at.date(), unit)]
        both[0] += user
        both[1] += assistant
    top = nice_top(max(sum(both) for both in counts.values()))
    bars = [_bar(start, unit, both, top, state) for start, both in counts.items()]
    return Chart(unit, bars, [Mark(100, _short(top)), Mark(50, _short(top / 2))], _ticks(starts))


def nice_top(value: float) -> float:
    """The next of 2, 4, 10, 20, 40, 100 … that the highest bar fits under."""
    scale = 1.0
    while True:
        for step in (2, 4, 10):
            if value <= step * scale:
                return step * scale
        scale *= 10


def _unit(days: int) -> str:
    return next((unit for unit, size in _DAYS_OF_UNIT.items() if days / size <= MAX_BARS), "month")


def _start(day: date, unit: str) -> date:
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def _next(start: date, unit: str) -> date:
    if unit == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=_DAYS_OF_UNIT[unit])


def _starts(first: date, last: date, unit: str) -> list[date]:
    starts = [_start(first, unit)]
    while (following := _next(starts[-1], unit)) <= last:
        starts.append(following)
    return starts


def _bar(start: date, unit: str, both: list[int], top: float, state: State) -> Bar:
    end = _next(start, unit) - timedelta(days=1)
    label = f"{start:%a, %b} {start.day}, {start.year}" if unit == "day" else f"{start} – {end}"
    chosen = (not state.since or end.isoformat() >= state.since) and (
        not state.until or start.isoformat() <= state.until
    )
    return Bar(
        since=start.isoformat(), until=end.isoformat(), label=label, user=both[0], assistant=both[1],
        user_height=round(100 * both[0] / top, 2), assistant_height=round(100 * both[1] / top, 2),
        is_chosen=chosen,
    )  # fmt: skip


def _ticks(starts: Sequence[date]) -> list[Mark]:
    every = max(1, ceil(len(starts) / 9))
    return [
        Mark(round(100 * (index + 0.5) / len(starts), 2), f"{start:%b} {start.day}")
        for index, start in enumerate(starts)
        if index % every == 0
    ]


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"  # noqa: PLR2004
