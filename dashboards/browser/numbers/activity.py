"""When people work: a week of hours, and what was going on in one of them."""

from typing import Any

from cca.dashboards.browser.numbers.cells import (
    SESSION_LABELS,
    day_of,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Heat,
    Section,
    Segment,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import percent
from cca.gold.measures import sessions as measured
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_HOURS = 24
_MAX_SESSIONS = 50
_COUNTED = {
    "": ("Messages", measured.MESSAGES),
    "tokens": ("Your prompts", measured.PROMPTS),
}
_DATED = f"{FILTERED} and m.hour_at is not null"


def page(asked: Asked) -> list[Section]:
    name, measure = _COUNTED[asked.choice.by]
    rows = asked.rows(_named(measure, ["weekday", "hour"], _DATED))
    if not rows:
        return []
    found = {(row["weekday"], row["hour"]): row for row in rows}
    sections: list[Section] = [_tiles(rows), _heat(asked, name, found)]
    weekday, _, hour = asked.choice.of.partition("-")
    if weekday.isdecimal() and hour.isdecimal() and (int(weekday), int(hour)) in found:
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


def _heat(asked: Asked, name: str, found: dict[tuple[int, int], Row]) -> Heat:
    top = max(row["messages"] for row in found.values())
    rows = []
    for weekday, day in enumerate(DAYS, 1):
        cells = []
        for hour in range(_HOURS):
            row = found.get((weekday, hour))
            number = row["messages"] if row else 0
            label = f"{_LONG[weekday - 1]} {hour:02}:00: {number:,}"
            link = asked.choice.link("activity", of=f"{weekday}-{hour}") if number else ""
            cells.append((round(number / top, 3), label, link))
        rows.append((day, cells))
    segments = [
        Segment(title, asked.choice.link("activity", by=by), by == asked.choice.by)
        for by, (title, _) in _COUNTED.items()
    ]
    note = "Choose an hour to see its sessions."
    return Heat(f"{name} by hour and weekday", rows, [segments], note)


def _named(measure: Measure, by: list[str], where: str, **more: Any) -> str:
    """The measure by dimensions as `messages`, without rows of 0."""
    found = select([measure], by, where, having=f"{measure.name} > 0", **more)
    return f"select *, {measure.name} as messages from ({found})"


def _sessions(asked: Asked, weekday: int, hour: int, measure: Measure) -> Table:
    rows = asked.rows(
        _named(
            measure, ["session_id"],
            f"{_DATED} and extract(isodow from m.hour_at) = $weekday "
            "and extract(hour from m.hour_at) = $hour",
            also={"last_at": "max(m.hour_at)"}, labels=SESSION_LABELS,
            order="last_at desc, session_id", limit=_MAX_SESSIONS,
        ),
        weekday=weekday, hour=hour,
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((row["messages"] for row in rows), default=0)
    return Table(
        f"Sessions on {_LONG[weekday - 1]} from {hour:02}:00",
        [Column("Session", is_number=False), Column("Last", is_number=False), Column("Messages")],
        [
            [
                session_cell(row, labels, share(row["messages"], top)),
                Cell(day_of(row["last_at"])),
                Cell(f"{row['messages']:,}"),
            ]
            for row in rows
        ],
        anchor="of",
    )
