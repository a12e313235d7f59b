"""When people work: a week of hours, and what was going on in one of them."""

from cca.dashboards.browser.numbers.cells import day_of, project_labels, session_cell
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

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_HOURS = 24
_MAX_SESSIONS = 50
_COUNTED = {
    "": ("Messages", "m.role is not null"),
    "tokens": ("Your prompts", "m.is_human_prompt"),
}
_FROM = f"from marts.fct_messages as m where {FILTERED} and m.hour_at is not null"


def page(asked: Asked) -> list[Section]:
    name, condition = _COUNTED[asked.choice.by]
    rows = asked.rows(f"""
        select extract(isodow from m.hour_at)::integer as weekday,
            extract(hour from m.hour_at)::integer as hour, count(*) as messages,
            count(distinct m.session_id) as sessions
        {_FROM} and {condition} group by all
    """)
    if not rows:
        return []
    found = {(row["weekday"], row["hour"]): row for row in rows}
    sections: list[Section] = [_tiles(rows), _heat(asked, name, found)]
    weekday, _, hour = asked.choice.of.partition("-")
    if weekday.isdecimal() and hour.isdecimal() and (int(weekday), int(hour)) in found:
        sections.append(_sessions(asked, int(weekday), int(hour), condition))
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
            Tile("At the weekend", percent(weekend / total)),
            Tile("At night", percent(late / total), "22:00 to 6:00"),
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
    note = "Choose an hour to see its conversations."
    return Heat(f"{name} by hour and weekday", rows, [segments], note)


def _sessions(asked: Asked, weekday: int, hour: int, condition: str) -> Table:
    rows = asked.rows(
        f"""
        select m.session_id, any_value(s.title) as title, any_value(s.project_id) as project_id,
            max(m.hour_at) as last_at, count(*) as messages
        from marts.fct_messages as m
        left join marts.dim_sessions as s on s.session_id = m.session_id
        where {FILTERED} and {condition}
            and extract(isodow from m.hour_at) = $weekday and extract(hour from m.hour_at) = $hour
        group by 1 order by last_at desc, 1 limit {_MAX_SESSIONS}
        """,
        weekday=weekday, hour=hour,
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((row["messages"] for row in rows), default=0)
    return Table(
        f"Conversations on {_LONG[weekday - 1]} from {hour:02}:00",
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
