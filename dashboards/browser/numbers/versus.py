"""Two or more models, projects, people, machines or periods side by side."""

from datetime import date

from cca.dashboards.browser.numbers import overtime
from cca.dashboards.browser.numbers.choice import AGAINST, SIDES, days_in_words
from cca.dashboards.browser.numbers.compared import change
from cca.dashboards.browser.numbers.drawn import Segment
from cca.dashboards.browser.numbers.options import options_of
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Choices,
    Column,
    Picks,
    Remark,
    Section,
    Table,
    count,
)
from cca.dashboards.browser.numbers.reader import FILTERED, OF_MODEL, Asked, Row
from cca.dashboards.browser.numbers.sides import Side, choices, own_filter, sides_of
from cca.dashboards.browser.numbers.spending import WHERE
from cca.dashboards.browser.numbers.tools import CALLS_WHERE
from cca.dashboards.browser.numbers.usage import UNPRICED, unpriced
from cca.dashboards.browser.numbers.write import figure
from cca.gold.measures import calls, sessions
from cca.gold.measures import usage as measured
from cca.gold.measures.behaviour import FEW_CASES
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select, up_to

__all__ = ["own_filter", "page"]

_SAID = (sessions.SESSIONS, sessions.PROMPTS)
_ANSWERED = (
    measured.ANSWERED_SESSIONS, measured.API_MESSAGES, measured.COST_USD,
    measured.COST_PER_ANSWERED_SESSION_USD, measured.COST_PER_RESPONSE_USD, measured.TOKENS,
    measured.INPUT_TOKENS, measured.OUTPUT_TOKENS, measured.CACHE_WRITE_TOKENS,
    measured.CACHE_READ_TOKENS, measured.TOKENS_PER_ANSWERED_SESSION,
    measured.OUTPUT_TOKENS_PER_RESPONSE, measured.CACHE_HIT_RATE,
)  # fmt: skip
_CALLED = (calls.TOOL_CALLS, calls.FAILED_CALLS, calls.FAILURE_RATE)
_WAITED = (sessions.P50_RESPONSE_SECONDS, sessions.P95_RESPONSE_SECONDS)
# What is asked of each side: measures of one table, and which of its rows count.
_QUERIES = (
    select(_SAID, where=f"{FILTERED} and {up_to(_SAID[0])}"),
    select(_ANSWERED, where=f"{WHERE} and {up_to(_ANSWERED[0])}"),
    select(_CALLED, where=f"{CALLS_WHERE} and {up_to(_CALLED[0])}"),
    select(_WAITED, where=f"{FILTERED} {OF_MODEL} and {up_to(_WAITED[0])}"),
)  # fmt: skip
# With one person or machine alone there is nothing to compare.
_FEW = ("user", "host")
_SESSIONS = measured.ANSWERED_SESSIONS.name
# So much more on one side, and the sums say how much was done, not how.
_UNEVEN = 2
_OF_DIFFERENCE = (
    "How much more or less than {first}, in per cent of it; ▲ is more, ▼ is less. Shares differ by "
    "points."
)
_REASONS = "A difference says nothing of its reason: tasks differ too."
_OF_MODELS = "A session in which several of these models answered counts for each of them. "


def page(asked: Asked) -> list[Section]:
    sides = sides_of(asked)
    if not sides:
        return []
    found = [(side, _figures(asked, side)) for side in sides]
    sections: list[Section] = [_ways(asked), _picks(asked, sides)]
    if len(sides) == 1:
        text = f"Only {sides[0].name} has a response in this period: there is nothing to compare."
        return [*sections, Remark(text, tone="")]
    sections.append(_table(asked, found))
    if said := _cautions(found):
        sections.append(Remark(" ".join(said)))
    sections += [Remark(text) for side in sides for text in _without_price(asked, side)]
    return [*sections, overtime.charts(asked, sides)]


def _figures(asked: Asked, side: Side) -> Row:
    end = asked.in_utc(side.up_to)
    rows = (asked.rows_of(side.choice, sql, up_to=end)[0] for sql in _QUERIES)
    return {name: value for row in rows for name, value in row.items()}


def _without_price(asked: Asked, side: Side) -> list[str]:
    found = unpriced(asked.rows_of(side.choice, UNPRICED))
    # A model is named in the sentence itself.
    return found if not asked.choice.against else [f"{side.name}: {text}" for text in found]


def _ways(asked: Asked) -> Choices:
    cleared = dict.fromkeys(SIDES, "")
    return Choices(
        "Compare",
        [
            Segment(name, asked.choice.link("compare", against=against, **cleared),
                    against == asked.choice.against)
            for against, name in AGAINST.items()
            if against not in _FEW
            or against == asked.choice.against
            or len(options_of(asked, against)) > 1
        ],
    )  # fmt: skip


def _picks(asked: Asked, sides: list[Side]) -> Picks:
    """A menu for each side, and one more while there is room for another side."""
    known = choices(asked)
    known += [(each.value, each.name) for each in sides if each.value not in dict(known)]
    menus = [(name, side.value, side.colour) for name, side in zip(SIDES, sides, strict=False)]
    if 1 < len(sides) < min(len(SIDES), len(known)):
        menus.append((SIDES[len(sides)], "", ""))
    return Picks(
        f"{AGAINST[asked.choice.against]} to compare", asked.choice.link("compare"), menus, known
    )


def _cautions(found: list[tuple[Side, Row]]) -> list[str]:
    """What keeps a reader from concluding from too little, or from sums of unlike size."""
    said = _few(found)
    lengths = {side.span.days for side, _ in found if side.span}
    if len(lengths) > 1:
        spans = [side.span for side, _ in found if side.span]
        said.append(
            "The periods differ in length: "
            + ", ".join(f"{span.name} has {count(span.days, 'day')}" for span in spans)
            + ". Compare what is per session or per response rather than the sums."
        )
        return said
    some = [(row[_SESSIONS], side.name) for side, row in found if row[_SESSIONS]]
    if some and max(some)[0] >= _UNEVEN * min(some)[0]:
        (many, most), (fewest, least) = max(some), min(some)
        said.append(
            f"{most} has {many:,} sessions with a response, {least} {fewest:,}. Compare what is "
            "per session or per response rather than the sums."
        )
    return said


def _few(found: list[tuple[Side, Row]]) -> list[str]:
    """The sides that have too little to conclude from, or nothing."""
    sessions_of = [(side.name, row[_SESSIONS]) for side, row in found]
    said = [f"{name} has no response in this period." for name, number in sessions_of if not number]
    few = [f"{name} has {number}" for name, number in sessions_of if 0 < number < FEW_CASES]
    if few:
        said.append(f"Too few sessions with a response to conclude anything: {', '.join(few)}.")
    return said


def _table(asked: Asked, found: list[tuple[Side, Row]]) -> Table:
    (first, base), *others = _in_order(found)
    is_alone = len(others) == 1
    hint = _OF_DIFFERENCE.format(first=first.name)
    columns = [Column("Measure", is_number=False), _column(asked, first)]
    for side, _ in others:
        name = "Difference" if is_alone else f"Difference of {side.name}"
        columns += [
            _column(asked, side),
            Column(name, hint=hint, about=f"against {first.name}", units=("share", "points")),
        ]
    return Table(
        "Side by side", columns,
        [_row(measure, base, others) for measure in _shown(found)],
        note=(_OF_MODELS if not asked.choice.against else "") + _REASONS,
        shown=len(_QUERIES) * len(_ANSWERED), is_sorted=False,
    )  # fmt: skip


def _in_order(found: list[tuple[Side, Row]]) -> list[tuple[Side, Row]]:
    """Periods by their days, so that a later one is compared with the earliest."""
    return sorted(found, key=lambda each: each[0].span.first if each[0].span else date.min)


def _column(asked: Asked, side: Side) -> Column:
    about = days_in_words(side.span.first, side.span.last) if side.span else ""
    if side.span and side.span.last == asked.today:
        about += " so far"
    if side.up_to:
        about += f", up to {side.up_to:%H:%M}"
    return Column(side.name, colour=side.colour, link=side.choice.link("usage"), about=about)


def _shown(found: list[tuple[Side, Row]]) -> list[Measure]:
    """The measures that any side has a value of; only responses and calls know their model."""
    is_of_model = any(side.choice.model for side, _ in found)
    wanted = [*(() if is_of_model else _SAID), *_ANSWERED, *_CALLED, *_WAITED]
    return [each for each in wanted if any(row[each.name] is not None for _, row in found)]


def _row(measure: Measure, base: Row, others: list[tuple[Side, Row]]) -> list[Cell]:
    cells = [
        Cell(measure.label, why=measure.description),
        Cell(figure(measure, base[measure.name])),
    ]
    for _, row in others:
        value = row[measure.name]
        moved = change(value, base[measure.name], measure.unit)
        cells += [Cell(figure(measure, value)), Cell(moved, tone="plain")]
    return cells
