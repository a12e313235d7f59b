"""Sessions: how many, how long people stay, how they end."""

from collections.abc import Sequence

from cca.dashboards.browser.chart import Mark, count_top, short
from cca.dashboards.browser.numbers.bars import stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    TOP_ROWS,
    day_of,
    left_out,
    period_link,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.parts import (
    Bar,
    Bars,
    Cell,
    Column,
    Section,
    Slice,
    Table,
    Tile,
    Tiles,
    share,
)
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.write import money, percent, span, thousands

_MINUTE_MS = 60_000
_LENGTHS = ((5, "under 5 min"), (15, "5-15"), (30, "15-30"), (60, "30-60"), (120, "1-2 h"),
            (240, "2-4 h"), (10**9, "longer"))  # fmt: skip
_OUTCOMES = {"completed": "good", "errored": "bad", "abandoned": "warn"}
# A session's day is that of its start, on the clock of TIMEZONE.
_FROM = """
from (
    select *, cast(timezone($timezone, started_at at time zone 'UTC') as date) as day
    from marts.dim_sessions
    where started_at is not null and prompts + assistant_messages > 0
) as m
where ($since::date is null or m.day >= $since) and ($until::date is null or m.day <= $until)
and ($project::varchar is null or m.project_id = $project)
and ($host::varchar is null or m.host = $host)
"""
_TOTALS = f"""
select count(*) as sessions, median(m.active_minutes) as active, sum(m.active_minutes) as worked,
    avg(m.prompts) as prompts, sum(m.cost_usd) / count(*) as cost, sum(m.subagents) as subagents,
    median(m.avg_response_time_seconds) as response {_FROM}
"""
_OUTCOME = f"""
select coalesce(m.outcome, 'unknown') as outcome, count(*) as sessions,
    median(m.active_minutes) as active, avg(m.cost_usd) as cost {_FROM}
group by 1 order by sessions desc
"""
_LONGEST = f"""
select m.session_id, m.title, m.project_id, m.started_at, m.active_minutes, m.prompts,
    m.tool_calls, m.subagents, m.outcome, m.cost_usd {_FROM}
and ($outcome::varchar is null or coalesce(m.outcome, 'unknown') = $outcome)
order by m.active_minutes desc nulls last, m.session_id
"""


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["sessions"]:
        return []
    days = asked.rows(f"select m.day, m.project_id, count(*) as sessions {_FROM} group by all")
    chart = stacked(
        "Sessions",
        [(row["day"], "sessions", float(row["sessions"])) for row in days],
        ["sessions"],
        thousands,
        lambda first, last: period_link(asked, first, last),
        days=asked.shown_days(),
    )
    lengths = asked.rows(f"select m.active_minutes as minutes {_FROM}")
    return [
        _tiles(asked, totals),
        chart,
        _histogram([row["minutes"] or 0.0 for row in lengths]),
        _outcomes(asked),
        _longest(asked, asked.choice.of),
    ]


def _tiles(asked: Asked, totals: Row) -> Tiles:
    behind = asked.conversations()
    return Tiles(
        [
            Tile("Sessions", f"{totals['sessions']:,}", "answered or not", behind),
            Tile("Worked", span((totals["worked"] or 0) * _MINUTE_MS), "active in all",
                 hint="Pauses of more than a few minutes left out"),
            Tile("Typical length", span((totals["active"] or 0) * _MINUTE_MS), "half are longer"),
            Tile("Prompts", f"{totals['prompts']:.1f}", "a session"),
            Tile("Claude answers in", span((totals["response"] or 0) * 1000), "typically"),
            Tile("Cost", money(totals["cost"]), "a session", behind),
        ]
    )  # fmt: skip


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
    marks = [Mark(100, short(top)), Mark(50, short(top / 2))]
    return Bars("How long they are", bars, marks, labels)


def _outcomes(asked: Asked) -> Table:
    rows = asked.rows(_OUTCOME)
    top = max(row["sessions"] for row in rows)
    return Table(
        "How they end",
        [Column("Outcome", is_number=False), Column("Sessions"), Column("Typical length"),
         Column("Cost each")],
        [
            [
                Cell(row["outcome"], tone=_OUTCOMES.get(row["outcome"], ""),
                     link=asked.choice.link("sessions", of=row["outcome"]) + "#of",
                     share=share(row["sessions"], top)),
                Cell(f"{row['sessions']:,}"),
                Cell(span((row["active"] or 0) * _MINUTE_MS)),
                Cell(money(row["cost"])),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _longest(asked: Asked, outcome: str) -> Table:
    """The longest ones, or all that ended in one way."""
    limit = BEHIND_ROWS if outcome else TOP_ROWS
    rows = asked.rows(_LONGEST, outcome=outcome or None)
    labels = project_labels(asked)
    top = max((row["active_minutes"] or 0 for row in rows), default=0)
    return Table(
        f"Sessions that ended “{outcome}”" if outcome else "Longest sessions",
        [Column("Session", is_number=False), Column("Started", is_number=False),
         Column("Active"), Column("Prompts"), Column("Tool calls"), Column("Subagents"),
         Column("Cost")],
        [
            [
                session_cell(row, labels, share(row["active_minutes"] or 0, top)),
                Cell(day_of(row["started_at"])),
                Cell(span((row["active_minutes"] or 0) * _MINUTE_MS)),
                Cell(f"{row['prompts']:,}"),
                Cell(f"{row['tool_calls']:,}"),
                Cell(f"{row['subagents']:,}"),
                Cell(money(row["cost_usd"])),
            ]
            for row in rows[:limit]
        ],
        note=left_out(len(rows), limit) if outcome else "",
        empty="No session ended so in this period.",
        anchor="of",
    )  # fmt: skip
