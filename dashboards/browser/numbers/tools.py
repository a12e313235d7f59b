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
from cca.dashboards.browser.numbers.write import number, percent, span, thousands
from cca.gold.measures import calls as measured
from cca.gold.measures.select import select

# Below this a tool stands out as one that often fails; over it, as one that works.
_WEAK, _SOUND = 0.9, 0.97
_MEASURES = (
    measured.TOOL_CALLS, measured.FAILED_CALLS, measured.DECLINED_CALLS, measured.CALLING_SESSIONS,
    measured.SUCCESS_RATE, measured.P50_DURATION_MS, measured.P95_DURATION_MS,
)  # fmt: skip
CALLS_WHERE = f"""
{FILTERED} and ($model::varchar is null or m.message_id in (
    select message_id from marts.fct_api_messages where coalesce(model, 'unknown') = $model
))
"""
TOTALS = select([*_MEASURES, measured.TOOLS_USED], where=CALLS_WHERE)
_TOOLS = select(
    _MEASURES, ["tool_name"], CALLS_WHERE,
    labels={"category": "l.tool_category", "server": "l.mcp_server"},
    order="tool_calls desc, tool_name",
)  # fmt: skip
# Name of a stack in the chart: the measure it shows; an open call is in none.
_OUTCOMES = {
    "succeeded": measured.SUCCEEDED_CALLS,
    "failed": measured.FAILED_CALLS,
    "declined": measured.DECLINED_CALLS,
}
_DAYS = select(tuple(_OUTCOMES.values()), ["day"], CALLS_WHERE, order="day")


def page(asked: Asked) -> list[Section]:
    total = asked.rows(TOTALS)[0]
    if not total["tool_calls"]:
        return []
    rows = asked.rows(_TOOLS)
    days = asked.rows(_DAYS)
    chart = stacked(
        "Calls",
        [
            (row["day"], name, float(row[each.name]))
            for row in days
            for name, each in _OUTCOMES.items()
        ],
        list(_OUTCOMES),
        thousands,
        lambda first, last: period_link(asked, first, last),
        axis=asked.axis("tools"),
        colours=(WELL, BADLY, ASIDE),
    )
    mcp = [row for row in rows if row["server"]]
    own = [row for row in rows if not row["server"]]
    sections: list[Section] = [_tiles(asked, total), chart, _table(asked, "Tools", own)]
    if mcp:
        sections.append(_table(asked, "MCP tools", mcp))
    return [*sections, behind(asked, CALLS_WHERE)] if asked.choice.of else sections


def _tiles(asked: Asked, total: Row) -> Tiles:
    return Tiles(
        [
            Tile("Calls", f"{total['tool_calls']:,}", f"of {count(total['tools_used'], 'tool')}",
                 asked.conversations()),
            Tile("Success rate", percent(total["success_rate"], 1), "declined calls do not count",
                 asked.conversations(), hint=measured.SUCCESS_RATE.description),
            Tile("Failed", f"{total['failed_calls']:,}", "",
                 _link(asked, total, "failed", "failed_calls"), tone="bad"),
            Tile("Declined", f"{total['declined_calls']:,}", "by the user, never ran",
                 _link(asked, total, "declined", "declined_calls")),
            Tile("Median time", span(total["p50_duration_ms"]), "of calls that ran",
                 _link(asked, total, "p50", "p50_duration_ms")),
            Tile("95th percentile", span(total["p95_duration_ms"]), "of calls that ran",
                 _link(asked, total, "p95", "p95_duration_ms")),
        ]
    )  # fmt: skip


def _table(asked: Asked, title: str, rows: list[Row]) -> Table:
    top = max((row["tool_calls"] for row in rows), default=0)
    return Table(
        title,
        [
            Column("Tool", is_number=False, beside="Server or kind"),
            Column("Calls"),
            Column("Sessions"),
            Column("Success rate", hint=measured.SUCCESS_RATE.description),
            Column("Failed"),
            Column("Declined", hint=measured.DECLINED_CALLS.description),
            Column("Median", hint=measured.P50_DURATION_MS.description),
            Column("95th percentile", hint=measured.P95_DURATION_MS.description),
        ],
        [_row(asked, row, top) for row in rows],
    )


def _row(asked: Asked, row: Row, top: int) -> list[Cell]:
    tool = str(row["tool_name"])
    behind = asked.conversations(tool=tool)
    rate = row["success_rate"]
    tone = "" if rate is None or rate >= _SOUND else "bad" if rate < _WEAK else "warn"
    name = tool.split("__", 2)[-1] if row["server"] else tool
    return [
        Cell(
            name, behind, tool, share(row["tool_calls"], top), sub=row["server"] or row["category"]
        ),
        Cell(number(row["tool_calls"]), behind),
        Cell(number(row["calling_sessions"]), behind),
        Cell(percent(rate), tone=tone),
        Cell(
            number(row["failed_calls"]),
            _link(asked, row, "failed", "failed_calls"),
            tone="bad" if row["failed_calls"] else "",
        ),
        Cell(number(row["declined_calls"]), _link(asked, row, "declined", "declined_calls")),
        Cell(span(row["p50_duration_ms"]), _link(asked, row, "p50", "p50_duration_ms")),
        Cell(span(row["p95_duration_ms"]), _link(asked, row, "p95", "p95_duration_ms")),
    ]


def _link(asked: Asked, row: Row, figure: str, measure: str) -> str:
    """The conversations behind a figure of a row, if there are any."""
    return link_to(asked, str(row.get("tool_name") or ""), figure) if row[measure] else ""
