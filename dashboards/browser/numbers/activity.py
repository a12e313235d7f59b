"""When people work: a week of hours, and what was going on in one of them."""

from cca.dashboards.browser.numbers import calendars
from cca.dashboards.browser.numbers.calendars import DAYS, LONG
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.drawn import Segment
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.write import number, percent
from cca.gold.measures import sessions as measured
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select

_COUNTED = {
    "": ("Messages", measured.MESSAGES),
    "tokens": ("Your prompts", measured.PROMPTS),
}


def page(asked: Asked) -> list[Section]:
    name, measure = _COUNTED[asked.choice.by]
    rows = asked.rows(_as_messages(calendars.by_hour(measure), measure))
    if not rows:
        return []
    segments = [
        Segment(title, asked.choice.link("activity", by=by), by == asked.choice.by)
        for by, (title, _) in _COUNTED.items()
    ]
    sections: list[Section] = [
        _tiles(rows), calendars.year(asked, name, measure, segments=segments),
        calendars.hours(asked, name, measure),
    ]  # fmt: skip
    weekday, _, hour = asked.choice.of.partition("-")
    found = {(str(row["weekday"]), str(row["hour"])) for row in rows}
    if (weekday, hour) in found:
        sections.append(_sessions(asked, int(weekday), int(hour), measure))
    return sections


def _tiles(rows: tuple[Row, ...]) -> Tiles:
    total = sum(row["messages"] for row in rows)
    busiest = max(rows, key=lambda row: row["messages"])
    by_day = [sum(r["messages"] for r in rows if r["weekday"] == day) for day in range(1, 8)]
    late = sum(r["messages"] for r in rows if r["hour"] >= 22 or r["hour"] < 6)  # noqa: PLR2004
    weekend = sum(by_day[5:])
    top = by_day.index(max(by_day))
    return Tiles(
        [
            Tile("Busiest hour", f"{DAYS[busiest['weekday'] - 1]} {busiest['hour']:02}:00",
                 count(busiest["messages"], "message")),
            Tile("Busiest day", DAYS[top], percent(by_day[top] / total) + " of all"),
            Tile("Weekend share", percent(weekend / total), "of messages"),
            Tile("Night share", percent(late / total), "22:00 to 6:00"),
        ]
    )  # fmt: skip


def _as_messages(sql: str, measure: Measure) -> str:
    return f"select *, {measure.name} as messages from ({sql})"


def _sessions(asked: Asked, weekday: int, hour: int, measure: Measure) -> Table:
    rows = asked.rows(
        _as_messages(
            select(
                [measure], ["session_id"],
                f"{calendars.DATED} and extract(isodow from m.hour_at) = $weekday "
                "and extract(hour from m.hour_at) = $hour",
                also={"last_at": "max(m.hour_at)"}, labels=SESSION_LABELS,
                having=f"{measure.name} > 0", order="last_at desc, session_id", limit=BEHIND_ROWS,
            ),
            measure,
        ),
        weekday=weekday, hour=hour,
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((row["messages"] for row in rows), default=0)
    return Table(
        f"Sessions on {LONG[weekday - 1]} from {hour:02}:00",
        [SESSION, Column("Last", is_number=False), Column("Messages")],
        [
            [
                session_cell(row, labels, share(row["messages"], top)),
                Cell(day_of(row["last_at"])),
                Cell(number(row["messages"])),
            ]
            for row in rows
        ],
        anchor="of",
    )
