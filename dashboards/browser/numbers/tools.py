"""Tools: how often each is called, how often it works, and how long it takes."""

from cca.dashboards.browser.numbers.bars import ASIDE, BADLY, WELL, stacked
from cca.dashboards.browser.numbers.calls import behind, link_to
from cca.dashboards.browser.numbers.cells import period_link
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
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import percent, span, thousands

# Below this a tool stands out as one that often fails; over it, as one that works.
_WEAK, _SOUND = 0.9, 0.97
_MEASURES = """
count(*) as calls,
count(*) filter (where m.is_error and not m.is_rejected) as failed,
count(*) filter (where m.is_rejected) as rejected,
count(distinct m.session_id) as sessions,
count(*) filter (where m.status = 'success') / nullif(
    count(*) filter (where m.status <> 'pending' and not m.is_rejected), 0) as success_rate,
quantile_cont(m.duration_ms, 0.5) as p50,
quantile_cont(m.duration_ms, 0.95) as p95
"""
_FROM = f"""
from marts.fct_tool_calls as m
left join marts.dim_tools as t on t.tool_name = m.tool_name
left join marts.fct_api_messages as a on a.message_id = m.message_id
where {FILTERED} and ($model::varchar is null or a.model = $model)
"""
_TOOLS = f"""
select m.tool_name as tool, any_value(t.tool_category) as category,
    any_value(t.mcp_server) as server, {_MEASURES} {_FROM}
group by 1 order by calls desc, 1
"""
_DAYS = f"""
select m.day, case when m.is_rejected then 'rejected' when m.is_error then 'failed'
    else 'worked' end as outcome, count(*) as calls {_FROM} group by all order by 1
"""


def page(asked: Asked) -> list[Section]:
    total = asked.rows(f"select {_MEASURES}, count(distinct m.tool_name) as tools {_FROM}")[0]
    if not total["calls"]:
        return []
    rows = asked.rows(_TOOLS)
    days = asked.rows(_DAYS)
    chart = stacked(
        "Calls",
        [(row["day"], row["outcome"], float(row["calls"])) for row in days],
        ["worked", "failed", "rejected"],
        thousands,
        lambda first, last: period_link(asked, first, last),
        days=asked.shown_days(),
        colours=(WELL, BADLY, ASIDE),
    )
    mcp = [row for row in rows if row["server"]]
    own = [row for row in rows if not row["server"]]
    sections: list[Section] = [_tiles(asked, total), chart, _table(asked, "Tools", own)]
    if mcp:
        sections.append(_table(asked, "MCP tools", mcp))
    return [*sections, behind(asked, _FROM)] if asked.choice.of else sections


def _tiles(asked: Asked, total: Row) -> Tiles:
    return Tiles(
        [
            Tile("Calls", f"{total['calls']:,}", f"of {count(total['tools'], 'tool')}",
                 asked.conversations()),
            Tile("Worked", percent(total["success_rate"], 1), "of worked and failed",
                 asked.conversations()),
            Tile("Failed", f"{total['failed']:,}", "", _link(asked, total, "failed"), tone="bad"),
            Tile("Rejected", f"{total['rejected']:,}", "by a person, never ran",
                 _link(asked, total, "rejected")),
            Tile("Half are done in", span(total["p50"]), "p50", _link(asked, total, "p50")),
            Tile("19 of 20 in", span(total["p95"]), "p95", _link(asked, total, "p95")),
        ]
    )  # fmt: skip


def _table(asked: Asked, title: str, rows: list[Row]) -> Table:
    top = max((row["calls"] for row in rows), default=0)
    return Table(
        title,
        [
            Column("Tool", is_number=False),
            Column("Calls"),
            Column("Sessions"),
            Column("Worked", hint="Of the calls that worked or failed"),
            Column("Failed"),
            Column("Rejected", hint="Calls that a person did not allow"),
            Column("p50", hint="Half of the calls took no longer"),
            Column("p95", hint="19 of 20 calls took no longer"),
        ],
        [_row(asked, row, top) for row in rows],
    )


def _row(asked: Asked, row: Row, top: int) -> list[Cell]:
    tool = str(row["tool"])
    behind = asked.conversations(tool=tool)
    rate = row["success_rate"]
    tone = "" if rate is None or rate >= _SOUND else "bad" if rate < _WEAK else "warn"
    name = tool.split("__", 2)[-1] if row["server"] else tool
    return [
        Cell(name, behind, tool, share(row["calls"], top), sub=row["server"] or row["category"]),
        Cell(f"{row['calls']:,}", behind),
        Cell(f"{row['sessions']:,}", behind),
        Cell(percent(rate), tone=tone),
        Cell(
            f"{row['failed']:,}", _link(asked, row, "failed"), tone="bad" if row["failed"] else ""
        ),
        Cell(f"{row['rejected']:,}", _link(asked, row, "rejected")),
        Cell(span(row["p50"]), _link(asked, row, "p50")),
        Cell(span(row["p95"]), _link(asked, row, "p95")),
    ]


def _link(asked: Asked, row: Row, figure: str) -> str:
    """The conversations behind a figure of a row, if there are any."""
    return link_to(asked, str(row.get("tool") or ""), figure) if row[figure] else ""
