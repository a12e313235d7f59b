"""The activity chart: days become bars, weeks or months where there are many; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor, log10

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
    unit = unit_of((last - first).days + 1)
    # A lone day would be one bar as wide as the page.
    places = starts(min(first, last - timedelta(days=27)), last, unit)
    counts = {start: [0, 0] for start in places}
    for at, user, assistant in days:
        both = counts[start_of(at.date(), unit)]
        both[0] += user
        both[1] += assistant
    top = nice_top(max(sum(both) for both in counts.values()))
    bars = [_bar(start, unit, both, top, state) for start, both in counts.items()]
    return Chart(unit, bars, [Mark(100, short(top)), Mark(50, short(top / 2))], ticks(places, unit))


def nice_top(value: float) -> float:
    """The next round number (1, 1.2, 1.6, 2, 3, 4, 6, 8 times a power of ten) above the bars."""
    scale = 10.0 ** floor(log10(value)) if value > 0 else 1.0
    return next(step * scale for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if value <= step * scale)


def unit_of(days: int) -> str:
    return next((unit for unit, size in _DAYS_OF_UNIT.items() if days / size <= MAX_BARS), "month")


def start_of(day: date, unit: str) -> date:
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def next_start(start: date, unit: str) -> date:
    if unit == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=_DAYS_OF_UNIT[unit])


def starts(first: date, last: date, unit: str) -> list[date]:
    found = [start_of(first, unit)]
    while (following := next_start(found[-1], unit)) <= last:
        found.append(following)
    return found


def _bar(start: date, unit: str, both: list[int], top: float, state: State) -> Bar:
    end = next_start(start, unit) - timedelta(days=1)
    label = f"{start:%a, %b %-d, %Y}" if unit == "day" else f"{start} to {end}"
    chosen = (not state.since or end.isoformat() >= state.since) and (
        not state.until or start.isoformat() <= state.until
    )
    return Bar(
        since=start.isoformat(),
        until=end.isoformat(),
        label=label,
        user=both[0],
        assistant=both[1],
        user_height=round(100 * both[0] / top, 2),
        assistant_height=round(100 * both[1] / top, 2),
        is_chosen=chosen,
    )


def ticks(places: Sequence[date], unit: str) -> list[Mark]:
    """A label under every ninth or so of the bars; with its year where there are several."""
    every = max(1, ceil(len(places) / 9))
    has_years = places[0].year != places[-1].year
    pattern = "%b %Y" if unit == "month" else "%b %-d, %Y" if has_years else "%b %-d"
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
