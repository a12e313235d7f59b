"""The sides of a comparison as lines over time: by the calendar, or by the days of each period."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from cca.dashboards.browser.chart import Mark, nice_top, scale, start_of, ticks
from cca.dashboards.browser.numbers.bars import label_of, span_of
from cca.dashboards.browser.numbers.cells import period_link
from cca.dashboards.browser.numbers.drawn import Bar, Charts, Lines
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.sides import Side
from cca.dashboards.browser.numbers.spending import WHERE
from cca.dashboards.browser.numbers.weeks import series_of
from cca.dashboards.browser.numbers.write import axis_money, figure, percent, thousands
from cca.gold.measures import usage as measured
from cca.gold.measures.behaviour import FEW_CASES
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select

_SHOWN = (
    measured.COST_USD, measured.API_MESSAGES, measured.COST_PER_RESPONSE_USD,
    measured.CACHE_HIT_RATE,
)  # fmt: skip
# What the values of a place are made from; sums and ratios of sums, so that days add up.
_PARTS = tuple(
    dict.fromkeys(
        part for each in _SHOWN for part in (each.parts if each.how == "ratio" else [each])
    )
)
_BY_DAY = select(_PARTS, ["day"], WHERE)
_CASES = measured.API_MESSAGES
_NOTE = f"A point is faded where fewer than {FEW_CASES} responses are behind it."
_LONG_PERIOD = 120
_WEEK = 7

Sums = dict[str, float]


class _Places(NamedTuple):
    """What stands along a chart: labels, links and marks of its places, and where a day belongs."""

    labels: list[str]
    links: list[str]
    ticks: list[Mark]
    place: Callable[[Side, date], int]
    unit: str


def charts(asked: Asked, sides: Sequence[Side]) -> Charts:
    rows = [asked.rows_of(side.choice, _BY_DAY) for side in sides]
    spans = [side.span for side in sides if side.span]
    places = _of_periods(sides) if spans else _of_calendar(asked, rows)
    sums = [_summed(side, own, places) for side, own in zip(sides, rows, strict=True)]
    legend = [(side.name, side.colour) for side in sides]
    segments = [] if spans else asked.axis("compare").units(places.unit)
    drawn = [_chart(each, sides, sums, places) for each in _SHOWN]
    return Charts(f"By {places.unit}", drawn, legend, segments, _NOTE)


def value_of(measure: Measure, sums: Mapping[str, float]) -> float | None:
    """A measure of a sum of days; a ratio is that of the sums."""
    if measure.how != "ratio":
        return sums.get(measure.name, 0.0)
    above, below = (sums.get(part.name, 0.0) for part in measure.parts)
    return above / below if below else None


def _of_calendar(asked: Asked, rows: Sequence[Sequence[Row]]) -> _Places:
    unit, found = span_of([row["day"] for own in rows for row in own], asked.axis("compare"))
    index = {start: place for place, start in enumerate(found)}
    ends = [following - timedelta(days=1) for following in found[1:]] + [asked.axis("compare").last]
    return _Places(
        [label_of(*pair) for pair in zip(found, ends, strict=True)],
        [period_link(asked, *pair) for pair in zip(found, ends, strict=True)],
        ticks(found, unit), lambda _, day: index[start_of(day, unit)], unit,
    )  # fmt: skip


def _of_periods(sides: Sequence[Side]) -> _Places:
    """The first day of each period stands above that of the others."""
    longest = max(side.span.days for side in sides if side.span)
    unit, step = ("day", 1) if longest <= _LONG_PERIOD else ("week", _WEEK)
    number = -(-longest // step)
    every = max(1, -(-number // 9))
    marks = [
        Mark(round(100 * (place + 0.5) / number, 2), f"{unit.capitalize()} {place + 1}")
        for place in range(0, number, every)
    ]

    def place(side: Side, day: date) -> int:
        return (day - side.span.first).days // step if side.span else 0

    labels = [f"{unit.capitalize()} {at + 1} of each period" for at in range(number)]
    return _Places(labels, [""] * number, marks, place, unit)


def _summed(side: Side, rows: Sequence[Row], places: _Places) -> list[Sums | None]:
    """The sums of each place; None after the end of a period that is shorter than others."""
    own: list[Sums | None] = [{} for _ in places.labels]
    if side.span:
        ended = places.place(side, side.span.last) + 1
        own[ended:] = [None] * len(own[ended:])
    for row in rows:
        sums = own[places.place(side, row["day"])]
        if sums is not None:
            for part in _PARTS:
                sums[part.name] = sums.get(part.name, 0.0) + float(row[part.name])
    return own


def _chart(
    measure: Measure, sides: Sequence[Side], sums: Sequence[list[Sums | None]], places: _Places
) -> Lines:
    values = [[None if each is None else _point(measure, each) for each in own] for own in sums]
    highest = max((point[0] for own in values for point in own if point), default=0)
    top = 1.0 if measure.unit == "share" else nice_top(highest)
    series = [
        series_of(side.name, side.colour, own, top, FEW_CASES)
        for side, own in zip(sides, values, strict=True)
    ]
    bars = [
        Bar(label, [], link, _tip(measure, sides, [own[place] for own in values]))
        for place, (label, link) in enumerate(zip(places.labels, places.links, strict=True))
    ]
    write = _axis_of(measure)
    marks = scale(top, write)
    return Lines(measure.label, series, bars, marks, places.ticks, [], note=measure.description)


def _tip(
    measure: Measure, sides: Sequence[Side], points: Sequence[tuple[float, int] | None]
) -> list[tuple[str, str, str]]:
    """What pointing at a place tells of each side."""
    return [
        (side.name, figure(measure, _exact(measure, point[0])), side.colour)
        for side, point in zip(sides, points, strict=True)
        if point
    ]


def _point(measure: Measure, sums: Sums) -> tuple[float, int] | None:
    """A value and the cases behind it; a sum needs none to be true."""
    value = value_of(measure, sums)
    cases = int(sums.get(_CASES.name, 0)) if measure.how == "ratio" else FEW_CASES
    return None if value is None else (value, cases)


def _exact(measure: Measure, value: float) -> float:
    return int(value) if measure.unit == "count" else value


def _axis_of(measure: Measure) -> Callable[[float], str]:
    if measure.unit == "share":
        return percent
    return axis_money if measure.unit == "USD" else thousands
