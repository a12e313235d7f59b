"""Did it get worse? How Claude worked, week by week, with marks where model or version changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from cca.dashboards.browser.chart import short
from cca.dashboards.browser.numbers.bars import COLOURS, MAX_SERIES, colours_of
from cca.dashboards.browser.numbers.cells import model_names, period_link
from cca.dashboards.browser.numbers.choice import LINES
from cca.dashboards.browser.numbers.drawn import Change, Charts, Lines, Segment
from cca.dashboards.browser.numbers.parts import Cell, Column, Section, Table, Tile, Tiles
from cca.dashboards.browser.numbers.reader import FILTERED, OF_MODEL, Asked, Row
from cca.dashboards.browser.numbers.weeks import Values, changes_of, lines, weeks_between
from cca.dashboards.browser.numbers.write import number, percent, span, thousands
from cca.gold.measures.behaviour import ASPECTS, FEW_CASES, WORKED_PROMPTS, WORKS, Aspect
from cca.gold.measures.model import Measure
from cca.gold.measures.precision import PRECISION
from cca.gold.measures.select import select

_WHERE = f"{FILTERED} {OF_MODEL}"
_MEASURES = tuple(
    dict.fromkeys(
        [WORKED_PROMPTS, WORKS, *(m for each in ASPECTS for m in (each.value, each.cases))]
    )
)
_TOTALS = select(_MEASURES, where=_WHERE)
_LAST_WEEKS = 12
# Work that no response of a model stands behind, such as a prompt that was stopped at once.
_UNKNOWN = "unknown"
_ALL = "all"
_MINUTES_FROM = 90
_NOTE = (
    f"A point is faded where fewer than {FEW_CASES} cases are behind it: nothing follows from it. "
    "Dashed lines mark a week in which another model or version did most of the work. A value that "
    "moves says nothing of the reason: tasks change too."
)


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["works"]:
        return []
    by = asked.choice.line
    rows = asked.rows(select(_MEASURES, ["week", *([by] if by else [])], _WHERE, order="week"))
    leading = asked.rows(
        select([WORKS], ["week", "model", "version"], _WHERE, order="week, works desc")
    )
    weeks = weeks_between(rows[0]["week"], rows[-1]["week"])
    names = _names(rows, by)
    models = model_names({str(row["model"]) for row in leading})
    shown = models if by == "model" else {}
    changes = changes_of(_leaders(leading), weeks, lambda name: models.get(name, name))
    colours = dict(zip(names, colours_of(names, names), strict=True)) if by else {_ALL: COLOURS[0]}
    charts = [_chart(asked, each, rows, weeks, names, colours, shown, changes) for each in ASPECTS]
    legend = [(shown.get(name, name), colours[name]) for name in names] if by else []
    segments = [
        Segment(label, asked.choice.link("behaviour", line=value), value == by)
        for value, label in LINES.items()
    ]
    return [
        _tiles(asked, totals),
        Charts("By week", charts, legend, [segments], _NOTE),
        _changes(leading, models),
    ]


def written(measure: Measure) -> Callable[[float], str]:
    """How the values of a measure are written."""
    if measure.unit == "share":
        return lambda value: percent(value, 1)
    if measure.unit == "seconds":
        return lambda value: span(1000 * value)
    if measure.unit == "tokens":
        return thousands
    return lambda value: f"{value:.2f}"


def _on_axis(measure: Measure) -> Callable[[float], str]:
    """How a round number of a measure is written beside its line."""
    if measure.unit == "share":
        return lambda value: f"{100 * value:g} %"
    if measure.unit == "seconds":
        return lambda value: f"{value / 60:.3g} min" if value >= _MINUTES_FROM else f"{value:g} s"
    return short


def _tiles(asked: Asked, totals: Row) -> Tiles:
    behind = asked.conversations()
    tiles = [
        Tile(WORKED_PROMPTS.label, f"{totals['worked_prompts']:,}", "", behind,
             WORKED_PROMPTS.description)
    ]  # fmt: skip
    for each in ASPECTS[:6]:
        value, cases = totals[each.value.name], totals[each.cases.name]
        text = "-" if value is None else written(each.value)(float(value))
        remark = f"of {cases:,} {each.cases.label.lower()}"
        tiles.append(Tile(each.value.label, text, remark, behind, each.value.description))
    return Tiles(tiles)


def _names(rows: tuple[Row, ...], by: str) -> list[str]:
    """The names that did most of the work; a rate of all others together would say nothing."""
    if not by:
        return [_ALL]
    works: dict[str, int] = {}
    for row in rows:
        if row[by] == _UNKNOWN and by == "model":
            continue
        works[str(row[by])] = works.get(str(row[by]), 0) + row["works"]
    return sorted(works, key=lambda name: (-works[name], name))[:MAX_SERIES]


def _chart(  # noqa: PLR0913  (what a chart is drawn from)
    asked: Asked,
    aspect: Aspect,
    rows: tuple[Row, ...],
    weeks: list[date],
    names: list[str],
    colours: dict[str, str],
    shown: dict[str, str],
    changes: list[Change],
) -> Lines:
    by = asked.choice.line
    values: dict[str, Values] = {
        name: {
            row["week"]: (float(row[aspect.value.name]), int(row[aspect.cases.name]))
            for row in rows
            if row[aspect.value.name] is not None and (not by or row[by] == name)
        }
        for name in names
    }
    made = lines(
        aspect.value.label,
        values,
        weeks,
        written(aspect.value),
        _on_axis(aspect.value),
        lambda first, last: period_link(asked, first, last),
        colours=colours,
        shown={_ALL: aspect.value.label} | shown,
        few=FEW_CASES,
        changes=changes,
    )
    note = f"{aspect.value.description} Cases: {aspect.cases.label.lower()}."
    rests_on = [f"Heuristic: {PRECISION[name].text}" for name in aspect.heuristics]
    return replace(made, note=note, rests_on=rests_on)


def _leaders(leading: tuple[Row, ...]) -> dict[date, dict[str, str]]:
    """The model and the version that did most of the work, by week."""
    works: dict[tuple[date, str], dict[str, int]] = {}
    for row in leading:
        for kind in ("model", "version"):
            if row[kind] == _UNKNOWN:
                continue
            counted = works.setdefault((row["week"], kind), {})
            counted[row[kind]] = counted.get(row[kind], 0) + row["works"]
    found: dict[date, dict[str, str]] = {}
    for (week, kind), counted in works.items():
        found.setdefault(week, {})[kind] = max(counted, key=lambda name: (counted[name], name))
    return found


def _changes(leading: tuple[Row, ...], models: dict[str, str]) -> Table:
    """What did the work of the last weeks: the table behind the marks."""
    weeks = sorted({row["week"] for row in leading}, reverse=True)[:_LAST_WEEKS]
    return Table(
        "Models and versions of the last weeks",
        [Column("Week", is_number=False), Column("Models", is_number=False),
         Column("Versions", is_number=False), Column("Work", hint=WORKS.description)],
        [
            [
                Cell(week.isoformat()),
                Cell(_ranked(leading, week, "model", models)),
                Cell(_ranked(leading, week, "version", {})),
                Cell(number(sum(row["works"] for row in leading if row["week"] == week))),
            ]
            for week in weeks
        ],
    )  # fmt: skip


def _ranked(leading: tuple[Row, ...], week: date, kind: str, shown: dict[str, str]) -> str:
    """The names of a week with their work, most first."""
    works: dict[str, int] = {}
    for row in leading:
        if row["week"] == week and row[kind] != _UNKNOWN:
            works[row[kind]] = works.get(row[kind], 0) + row["works"]
    ranked = sorted(works, key=lambda name: (-works[name], name))
    texts = [f"{shown.get(name, name)} {works[name]:,}" for name in ranked[:MAX_SERIES]]
    more = len(ranked) - len(texts)
    return ", ".join([*texts, f"{more} more"] if more else texts)
