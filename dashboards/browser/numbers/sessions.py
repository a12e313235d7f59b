"""Sessions: how many, how long people stay, how they end."""

from collections.abc import Sequence

from cca.dashboards.browser.chart import Mark, count_top, scale, short
from cca.dashboards.browser.numbers.bars import stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    day_of,
    left_out,
    period_link,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.drawn import Bar, Bars, Slice
from cca.dashboards.browser.numbers.parts import Cell, Column, Section, Table, Tile, Tiles, share
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import Figure, money, number, percent, span, thousands
from cca.gold.measures import sessions as measured
from cca.gold.measures.select import select

_MINUTE_MS = 60_000
_LENGTHS = ((5, "under 5 min"), (15, "5-15"), (30, "15-30"), (60, "30-60"), (120, "1-2 h"),
            (240, "2-4 h"), (10**9, "longer"))  # fmt: skip
_OUTCOMES = {"completed": "good", "errored": "bad", "abandoned": "warn"}
_WHERE = f"{FILTERED} and {measured.STARTED}"
_ACTIVE = select([measured.SESSIONS], where=FILTERED)
_RESPONSE = select([measured.P50_RESPONSE_SECONDS], where=FILTERED)
_TOTALS = select(
    [
        measured.SESSIONS_STARTED, measured.MEDIAN_ACTIVE_MINUTES, measured.ACTIVE_MINUTES,
        measured.PROMPTS_PER_SESSION, measured.COST_PER_SESSION_USD, measured.COPIED_SESSIONS,
    ],
    where=FILTERED,
)  # fmt: skip
_OUTCOME = select(
    [
        measured.SESSIONS_STARTED, measured.MEDIAN_ACTIVE_MINUTES, measured.COST_PER_SESSION_USD,
    ],
    ["outcome"], _WHERE, order="sessions_started desc, outcome",
)  # fmt: skip
_FROM = f"from marts.dim_sessions as m where {_WHERE}"
_LONGEST = f"""
select m.session_id, m.title, m.project_key, m.started_at, m.active_minutes, m.prompts,
    m.tool_calls, m.subagents, m.outcome, m.cost_usd {_FROM}
and ($outcome::varchar is null or coalesce(m.outcome, 'unknown') = $outcome)
order by m.active_minutes desc nulls last, m.session_id
"""


def page(asked: Asked) -> list[Section]:
    active = asked.rows(_ACTIVE)[0]["sessions"]
    totals = asked.rows(_TOTALS)[0]
    if not totals["sessions_started"]:
        return [_tiles(asked, totals, active)] if active else []
    days = asked.rows(select([measured.SESSIONS_STARTED], ["day"], _WHERE))
    chart = stacked(
        "Sessions started",
        [(row["day"], "sessions", float(row["sessions_started"])) for row in days],
        ["sessions"],
        thousands,
        lambda first, last: period_link(asked, first, last),
        axis=asked.axis("sessions"),
    )
    lengths = asked.rows(f"select m.active_minutes as minutes {_FROM}")
    return [
        _tiles(asked, totals, active),
        chart,
        _histogram([row["minutes"] or 0.0 for row in lengths]),
        _outcomes(asked),
        _longest(asked, asked.choice.of),
    ]


def _tiles(asked: Asked, totals: Row, active: int) -> Tiles:
    """`active` sessions have a message in the period; the other figures are of those that began."""
    behind = asked.conversations()
    response = asked.rows(_RESPONSE)[0]["p50_response_seconds"]
    return Tiles(
        [
            Tile("Sessions", f"{active:,}", _about(totals, active), behind,
                 measured.SESSIONS.description),
            Tile("Active time", span(totals["active_minutes"] * _MINUTE_MS), "total",
                 hint=measured.ACTIVE_MINUTES.description),
            Tile("Median length", _minutes(totals["median_active_minutes"]),
                 hint=measured.MEDIAN_ACTIVE_MINUTES.description),
            Tile("Prompts", f"{totals['prompts_per_session'] or 0:.1f}", "per session"),
            Tile("Median response time", span(None if response is None else response * 1000),
                 hint=measured.P50_RESPONSE_SECONDS.description),
            Tile("Cost", money(totals["cost_per_session_usd"]), "per session", behind),
        ]
    )  # fmt: skip


def _about(totals: Row, active: int) -> str:
    """How the count differs from that of the list and of the chart."""
    remarks = []
    if totals["sessions_started"] != active:
        remarks.append(f"{totals['sessions_started']:,} started in this period")
    if totals["copied_sessions"]:
        remarks.append(f"{totals['copied_sessions']:,} more only repeat other sessions")
    return ", ".join(remarks)


def _minutes(value: float | None) -> Figure:
    return span((value or 0) * _MINUTE_MS)


def _histogram(minutes: Sequence[float]) -> Bars:
    counts = [0] * len(_LENGTHS)
    for value in minutes:
        counts[next(i for i, (limit, _) in enumerate(_LENGTHS) if value < limit)] += 1
    top = count_top(max(counts))
    bars = [
        Bar(name, [Slice("s1", round(100 * number / top, 2))] if number else [], "",
            [("Sessions", f"{number:,}", "s1"), ("Of all", percent(number / len(minutes)), "")])
        for (_, name), number in zip(_LENGTHS, counts, strict=True)
    ]  # fmt: skip
    labels = [
        Mark(round(100 * (i + 0.5) / len(_LENGTHS), 2), name)
        for i, (_, name) in enumerate(_LENGTHS)
    ]
    marks = scale(top, short, is_count=True)
    return Bars("Session length", bars, marks, labels)


def _outcomes(asked: Asked) -> Table:
    rows = asked.rows(_OUTCOME)
    top = max(row["sessions_started"] for row in rows)
    return Table(
        "Outcome",
        [Column("Outcome", is_number=False), Column("Sessions"), Column("Median length"),
         Column("Cost each")],
        [
            [
                Cell(row["outcome"], tone=_OUTCOMES.get(row["outcome"], ""),
                     link=asked.choice.link("sessions", of=row["outcome"]) + "#of",
                     share=share(row["sessions_started"], top)),
                Cell(number(row["sessions_started"])),
                Cell(_minutes(row["median_active_minutes"])),
                Cell(money(row["cost_per_session_usd"])),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _longest(asked: Asked, outcome: str) -> Table:
    """The longest ones, or all that ended in one way."""
    rows = asked.rows(_LONGEST, outcome=outcome or None)
    labels = project_labels(asked)
    top = max((row["active_minutes"] or 0 for row in rows), default=0)
    return Table(
        f"{outcome.capitalize()} sessions" if outcome else "Longest sessions",
        [SESSION, Column("Started", is_number=False),
         Column("Active"), Column("Prompts"), Column("Tool calls"), Column("Subagents"),
         Column("Cost")],
        [
            [
                session_cell(row, labels, share(row["active_minutes"] or 0, top)),
                Cell(day_of(row["started_at"])),
                Cell(_minutes(row["active_minutes"])),
                Cell(number(row["prompts"])),
                Cell(number(row["tool_calls"])),
                Cell(number(row["subagents"])),
                Cell(money(row["cost_usd"])),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=left_out(len(rows)),
        empty="No session has this outcome in this period.",
        anchor="of",
    )  # fmt: skip
