"""Values over time to lines with the cases behind each point, and marks of changes; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from cca.dashboards.browser.chart import nice_top, scale, starts, ticks
from cca.dashboards.browser.numbers.bars import label_of
from cca.dashboards.browser.numbers.drawn import Bar, Change, Lines, Point, Series

_WEEK = timedelta(days=7)
_MOST_DOTS = 45
# A line of fewer weeks would be as wide as a hand.
_MIN_WEEKS = 4
# Labels of changes: their levels, and how much of a chart's width a character takes at most.
_LEVELS = 2
_CHARACTER_WIDTH = 1.8
_RIGHT_EDGE = 100.0

# (value, cases) by week, of one line.
Values = Mapping[date, tuple[float, int]]


def weeks_between(first: date, last: date) -> list[date]:
    """The Mondays from the first week to the last, and some empty ones before a short row."""
    return starts(min(first, last - (_MIN_WEEKS - 1) * _WEEK), last, "week")


def lines(  # noqa: PLR0913  (what a chart is drawn from)
    title: str,
    values: Mapping[str, Values],
    weeks: Sequence[date],
    written: Callable[[float], str],
    on_axis: Callable[[float], str],
    link: Callable[[date, date], str],
    *,
    colours: Mapping[str, str],
    shown: Mapping[str, str],
    few: int,
    changes: Sequence[Change] = (),
) -> Lines:
    """One chart: a line for each name, a point for each week that has a value."""
    found = [value for each in values.values() for value, _ in each.values()]
    if not found:
        return Lines(title, [], [], [], [], [], empty="No case in this period.")
    top = nice_top(max(found)) if max(found) > 0 else 1.0
    series = [
        series_of(
            shown.get(name, name), colours[name], [each.get(week) for week in weeks], top, few
        )
        for name, each in values.items()
    ]
    bars = [
        Bar(
            label_of(week, week + timedelta(days=6)),
            [],
            link(week, week + timedelta(days=6)),
            [
                (
                    shown.get(name, name),
                    f"{written(each[week][0])} of {each[week][1]:,}",
                    colours[name],
                )
                for name, each in values.items()
                if week in each
            ],
        )
        for week in weeks
    ]
    marks = scale(top, on_axis)
    return Lines(title, series, bars, marks, ticks(weeks, "week"), list(changes))


def changes_of(
    leaders: Mapping[date, Mapping[str, str]], weeks: Sequence[date], shown: Callable[[str], str]
) -> list[Change]:
    """A mark on each week whose most used model or version is not that of the week before it.

    `leaders` has the most used name of each kind (model, version) by week; quiet weeks are none.
    """
    before: Mapping[str, str] = {}
    found = []
    for index, week in enumerate(weeks):
        now = leaders.get(week)
        if now is None:
            continue
        changed = [kind for kind, name in now.items() if before and before.get(kind) != name]
        if changed:
            hints = [f"{kind} {before.get(kind, '-')} to {now[kind]}" for kind in changed]
            # A version changes nearly every week: its mark has no text.
            label = shown(now["model"]) if "model" in changed else ""
            found.append(Change(_place(index, len(weeks)), label, "; ".join(hints)))
        before = now
    return _beside(found)


def _beside(changes: Sequence[Change]) -> list[Change]:
    """Labels that would cover each other stand on two levels; where both are taken, none."""
    ends = [0.0] * _LEVELS
    placed = []
    for change in changes:
        width = len(change.label) * _CHARACTER_WIDTH
        is_late = change.x + width > _RIGHT_EDGE
        left = change.x - width if is_late else change.x
        level = next((number for number, end in enumerate(ends) if left >= end), None)
        if change.label and level is not None:
            ends[level] = left + width
        label = "" if level is None else change.label
        placed.append(replace(change, label=label, is_late=is_late, level=level or 0))
    return placed


def _place(index: int, weeks: int) -> float:
    return round(100 * (index + 0.5) / weeks, 2)


def series_of(
    name: str, colour: str, values: Sequence[tuple[float, int] | None], top: float, few: int
) -> Series:
    """One line: a (value, cases) for each place, None where there is none; `top` is at 100."""
    points = [
        value and Point(_place(place, len(values)), round(100 * value[0] / top, 2), value[1] < few)
        for place, value in enumerate(values)
    ]
    runs = _runs(points)
    drawn = [" ".join(f"{each.x},{100 - each.y:g}" for each in run) for run in runs if len(run) > 1]
    # Of many points in a row the line says enough.
    dots = [each for run in runs if len(run) == 1 or len(values) <= _MOST_DOTS for each in run]
    return Series(name, colour, dots, drawn)


def _runs(points: Sequence[Point | None]) -> list[list[Point]]:
    """Neighbouring points are joined; over a place without a value nothing is drawn."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
