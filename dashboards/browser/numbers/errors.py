"""Errors: which tools fail, how, how often, and where; what a person rejected is none of them."""

from cca.dashboards.browser.numbers.bars import colours_of, series_of, stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    TOP_ROWS,
    day_of,
    left_out,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.parts import Cell, Column, Section, Table, Tile, Tiles, share
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import percent, thousands

_MAX_ROWS = 30
_ERRORS = """
(
    select day, project_id, host, session_id, tool_name as tool,
        coalesce(error_class, 'other') as class, started_at as failed_at
    from marts.fct_tool_calls where is_error
    union all
    select day, project_id, host, session_id, 'API', 'api error', sent_at
    from marts.fct_messages
    where is_api_error or (kind = 'system' and subtype = 'api_error')
)
"""
_REJECTION = "rejected by the user"
# In an address: rejected calls of whatever tool.
REJECTED = f": {_REJECTION}"
# All errors there are; without a choice the page shows the conversations with most of them.
_ANY = "any error"
_FAILED = f"m.class <> '{_REJECTION}'"
_FROM = f"from {_ERRORS} as m where {FILTERED} and {_FAILED}"
_RANKED = f"select m.class {_FROM} group by 1 order by count(*) desc, 1"
_CALLS = f"""
select count(*) as calls, count(*) filter (where m.is_rejected) as rejected
from marts.fct_tool_calls as m where {FILTERED}
"""


def page(asked: Asked) -> list[Section]:
    days = asked.rows(f"select m.day, m.class, count(*) as errors {_FROM} group by all order by 1")
    if not days and not asked.rows(_CALLS)[0]["rejected"]:
        return []
    tool, _, kind = asked.choice.of.partition(": ")
    behind = _sessions(asked, tool, kind)
    if not days:
        return [_tiles(asked), behind]
    names = series_of((row["class"], float(row["errors"])) for row in days)
    ranked = [str(row["class"]) for row in asked.rows_of_all(_RANKED)]
    chart = stacked(
        "Errors",
        [(row["day"], row["class"], float(row["errors"])) for row in days],
        names,
        thousands,
        lambda first, last: _behind(asked, since=first.isoformat(), until=last.isoformat()),
        days=asked.shown_days(),
        colours=colours_of(names, ranked),
    )
    sections: list[Section] = [_tiles(asked), chart]
    return [*sections, _classes(asked), behind]


def _tiles(asked: Asked) -> Tiles:
    row = asked.rows(f"""
        select count(*) as errors, count(distinct m.session_id) as sessions,
            count(*) filter (where m.tool = 'API') as api, count(distinct m.tool) as tools {_FROM}
    """)[0]
    calls, rejected = (asked.rows(_CALLS)[0][name] for name in ("calls", "rejected"))
    behind = _behind(asked)
    return Tiles(
        [
            Tile("Errors", f"{row['errors']:,}", link=behind, tone="bad"),
            Tile("Of all tool calls", percent((row["errors"] - row["api"]) / max(calls, 1), 1),
                 f"{calls:,} calls", asked.choice.link("tools")),
            Tile("Sessions with errors", f"{row['sessions']:,}", link=behind),
            Tile("Errors of the API", f"{row['api']:,}", "overloaded, limits, network",
                 _behind(asked, of="API: ") if row["api"] else ""),
            Tile("Rejected", f"{rejected:,}", "no errors: a person said no",
                 _behind(asked, of=REJECTED) if rejected else ""),
        ]
    )  # fmt: skip


def _classes(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select m.tool, m.class, count(*) as errors, count(distinct m.session_id) as sessions,
            max(m.day) as last_on {_FROM}
        group by 1, 2 order by errors desc, 1, 2 limit {_MAX_ROWS}
    """)
    top = max(row["errors"] for row in rows)
    return Table(
        "What fails",
        [Column("Error", is_number=False), Column("Errors"), Column("Sessions"),
         Column("Last", is_number=False)],
        [
            [
                Cell(row["class"], _link(asked, row), "", share(row["errors"], top),
                     sub=row["tool"]),
                Cell(f"{row['errors']:,}", _link(asked, row)),
                Cell(f"{row['sessions']:,}", _link(asked, row)),
                Cell(row["last_on"].isoformat() if row["last_on"] else ""),
            ]
            for row in rows
        ],
        note="Choose an error to see its conversations.",
    )  # fmt: skip


def _link(asked: Asked, row: Row) -> str:
    return _behind(asked, of=f"{row['tool']}: {row['class']}")


def _behind(asked: Asked, of: str = f": {_ANY}", **period: str) -> str:
    """The table of conversations, for the choice with these changes."""
    return asked.choice.link("errors", of=of, **period) + "#of"


def _sessions(asked: Asked, tool: str, kind: str) -> Table:
    limit = BEHIND_ROWS if tool or kind else TOP_ROWS
    kind = "" if kind == _ANY else kind
    rows = asked.rows(
        f"""
        select m.session_id, any_value(s.title) as title, any_value(s.project_id) as project_id,
            max(m.failed_at) as last_at, count(*) as errors
        from {_ERRORS} as m left join marts.dim_sessions as s on s.session_id = m.session_id
        where {FILTERED} and ($tool::varchar is null or m.tool = $tool)
            and (m.class = $class or $class::varchar is null and {_FAILED})
        group by 1 order by errors desc, last_at desc, 1
        """,
        tool=tool or None, **{"class": kind or None},
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((row["errors"] for row in rows), default=0)
    about = f"Conversations with “{kind}”" if kind else "Conversations with errors"
    about = about if limit > TOP_ROWS else "Conversations with most errors"
    about += f" of {'the API' if tool == 'API' else tool}" if tool else ""
    return Table(
        about,
        [
            Column("Session", is_number=False),
            Column("Last", is_number=False),
            Column("Times" if kind else "Errors"),
        ],
        [
            [
                session_cell(row, labels, share(row["errors"], top)),
                Cell(day_of(row["last_at"])),
                Cell(f"{row['errors']:,}"),
            ]
            for row in rows[:limit]
        ],
        note=left_out(len(rows), limit),
        empty="No conversation has this error in this period.",
        anchor="of",
    )
