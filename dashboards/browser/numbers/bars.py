"""Rows of days to stacked bars: weeks or months where there are many days; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from cca.dashboards.browser.chart import (
    count_top,
    next_start,
    nice_top,
    scale,
    short,
    start_of,
    starts,
    ticks,
    unit_of,
)
from cca.dashboards.browser.numbers.choice import UNITS
from cca.dashboards.browser.numbers.drawn import Bar, Bars, Segment, Slice
from cca.dashboards.browser.numbers.write import axis_money, money, short_money, thousands

# More names than this cannot be followed in one chart; the rest is "other".
MAX_SERIES = 5
OTHER = "other"
# Classes of the style sheet: twelve colours, plain and striped, and those that mean something.
COLOURS = tuple(f"s{number}" for number in range(1, 25))
REST = "rest"
WELL, BADLY, ASIDE = "well", "badly", "aside"
# Fewer bars would be as wide as a hand.
MIN_DAYS = 28

# Days without figures before the first of them: enough for any period one would choose.
_MAX_EMPTY = timedelta(days=3650)

_MOST_SUMS = 31
# The lines over rates.
SHARES = scale(1, lambda part: f"{100 * part:g} %")

# More bars than this are too thin to point at.
_MOST_BARS = 400
_LARGER = {"day": "week", "week": "month"}

Point = tuple[date, str, float]


class Axis(NamedTuple):
    """What a chart covers: from the first day, or that of the figures, to the last.

    `unit` is what a bar stands for, if somebody chose it; `link` leads to the chart in another
    one. Bars of days before `compared` are those of the period that is compared with.
    """

    first: date | None
    last: date
    unit: str = ""
    link: Callable[[str], str] | None = None
    compared: date | None = None

    def units(self, shown: str) -> list[list[Segment]]:
        """The switch between days, weeks and months."""
        link = self.link
        if link is None:
            return []
        return [[Segment(name, link(unit), unit == shown) for unit, name in UNITS.items()]]


def series_of(points: Iterable[tuple[str, float]]) -> list[str]:
    """The names by weight, the small ones of many as one."""
    weights: dict[str, float] = {}
    for name, value in points:
        weights[name] = weights.get(name, 0) + value
    ranked = sorted(weights, key=lambda name: -weights[name])
    return ranked[:MAX_SERIES] + ([OTHER] if len(ranked) > MAX_SERIES else [])


def colours_of(names: Sequence[str], ranked: Sequence[str]) -> list[str]:
    """A name's colour is that of its rank among all there are, whatever the filter leaves.

    Only with more names than colours may two of a chart want the same; the lower one gives way.
    """
    found: dict[str, str] = {}
    for name in sorted(set(names) & set(ranked), key=ranked.index):
        wanted = ranked.index(name) % len(COLOURS)
        own = (*COLOURS[wanted:], *COLOURS[:wanted])
        found[name] = next(colour for colour in own if colour not in found.values())
    return [REST if name == OTHER else found.get(name, REST) for name in names]


def stacked(  # noqa: PLR0913  (what a chart is drawn from)
    title: str,
    points: Sequence[Point],
    names: Sequence[str],
    written: Callable[[float], str],
    link: Callable[[date, date], str],
    *,
    axis: Axis,
    shown: Mapping[str, str] | None = None,
    segments: Sequence[list[Segment]] = (),
    colours: Sequence[str] = COLOURS,
) -> Bars:
    """One bar a day (week, month), a slice for each name; a bar leads where `link` says."""
    shown = shown or {}
    unit, places = span_of([day for day, _, _ in points], axis)
    sums: dict[date, list[float]] = {place: [0.0] * len(names) for place in places}
    for day, name, value in points:
        series = names.index(name) if name in names else len(names) - 1
        sums[start_of(day, unit)][series] += value
    is_count = written is thousands
    top = (count_top if is_count else nice_top)(max(sum(values) for values in sums.values()))
    bars = []
    for place, values in sums.items():
        last = next_start(place, unit) - timedelta(days=1)
        heights = [
            Slice(colours[series], round(100 * value / top, 2))
            for series, value in enumerate(values)
            if value
        ]
        tip = [
            (shown.get(name, name), written(value), colours[series])
            for series, (name, value) in enumerate(zip(names, values, strict=True))
            if value
        ]
        if len(tip) != 1:
            tip.append(("Together", written(sum(values)), ""))
        is_before = axis.compared is not None and last < axis.compared
        label = label_of(place, last)
        bars.append(Bar(label, heights[::-1], link(place, last), tip, is_before))
    # Round as they are, so without the zeros that other figures need.
    on_axis = short if is_count else axis_money
    marks = scale(top, on_axis, is_count=is_count)
    # Over more bars the sums would run into each other.
    said = [short_sum(sum(values), written) for values in sums.values()]
    if len(bars) <= _MOST_SUMS:
        bars = [replace(bar, total=text) for bar, text in zip(bars, said, strict=True)]
    legend = [(shown.get(name, name), colour) for name, colour in zip(names, colours, strict=False)]
    return Bars(
        f"{title} by {unit}", bars, marks, ticks(places, unit),
        legend if len(names) > 1 else [], [*segments, *axis.units(unit)],
    )  # fmt: skip


def lined(
    title: str,
    points: Mapping[date, float],
    written: Callable[[float], str],
    link: Callable[[date, date], str],
    axis: Axis,
) -> Bars:
    """Rates of 0 to 1 by day as a line; days without one are passed over."""
    _, places = span_of(list(points), axis._replace(unit="day"))
    bars = [
        Bar(
            label_of(day, day),
            [],
            link(day, day),
            [("Rate", written(points[day]), "s1")] if day in points else [],
        )
        for day in places
    ]
    drawn = [
        f"{100 * (index + 0.5) / len(places):.2f},{100 - 100 * points[day]:.2f}"
        for index, day in enumerate(places)
        if day in points
    ]
    return Bars(title, bars, SHARES, ticks(places, "day"), line=" ".join(drawn))


def span_of(found: Sequence[date], axis: Axis) -> tuple[str, list[date]]:
    """The unit that was chosen or that suits the days, and the starts of all its units."""
    last = max([axis.last, *found])
    since = axis.first
    least = max(since, last - _MAX_EMPTY) if since else last - timedelta(days=MIN_DAYS - 1)
    first = min([least, *found])
    unit = axis.unit or unit_of((last - first).days + 1)
    places = starts(first, last, unit)
    while len(places) > _MOST_BARS and unit in _LARGER:
        unit = _LARGER[unit]
        places = starts(first, last, unit)
    return unit, places


def short_sum(value: float, written: Callable[[float], str]) -> str:
    """A sum as the room over its bar allows; nothing over an empty bar."""
    if not value:
        return ""
    return short_money(value) if written is money else written(value)


def label_of(first: date, last: date) -> str:
    return f"{first:%a, %b %-d, %Y}" if first == last else f"{first} to {last}"
