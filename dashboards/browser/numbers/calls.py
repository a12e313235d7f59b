"""The conversations behind a figure of the tools: its calls counted by session, none left out."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    day_of,
    left_out,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.parts import Cell, Column, Table, count, share
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.write import number, span
from cca.gold.measures import calls as measured
from cca.gold.measures.model import Measure
from cca.gold.measures.select import columns, select


@dataclass(frozen=True)
class _Figure:
    """Which calls a figure counts, or which took at least as long as it says."""

    name: str
    condition: str
    percentile: Measure | None = None


_SLOW = f"{measured.RAN} and m.duration_ms >= $least"
_FIGURES = {
    "failed": _Figure("failed", measured.FAILED),
    "declined": _Figure("declined", measured.DECLINED),
    "p50": _Figure("slower", _SLOW, measured.P50_DURATION_MS),
    "p95": _Figure("slowest", _SLOW, measured.P95_DURATION_MS),
}


def link_to(asked: Asked, tool: str, figure: str) -> str:
    return asked.choice.link("tools", of=f"{tool}: {figure}") + "#of"


def behind(asked: Asked, where: str) -> Table:
    """The table that `of` in the address names; `where` picks the calls of the page."""
    tool, _, name = asked.choice.of.rpartition(": ")
    figure = _FIGURES.get(name, _FIGURES["failed"])
    where += " and ($tool::varchar is null or m.tool_name = $tool)"
    given: dict[str, Any] = {"tool": tool or None}
    if figure.percentile:
        percentile = asked.rows(select([figure.percentile], where=where), **given)[0]
        given["least"] = percentile[figure.percentile.name]
    rows = asked.rows(_by_session(where, figure), **given)
    total = sum(row["tool_calls"] for row in rows)
    said = f"{figure.name} {'call' if total == 1 else 'calls'}"
    return Table(
        f"{total:,} {said}{f' of {tool}' if tool else ''} "
        f"in {count(len(rows), 'session')}"
        + (f", {span(given['least'])} or longer" if given.get("least") else ""),
        [SESSION, Column("Last", is_number=False), Column("Calls"),
         Column("Longest")],
        _cells(asked, rows[:BEHIND_ROWS]),
        note=left_out(len(rows)),
        empty="No session has such a call in this period.",
        anchor="of",
    )  # fmt: skip


def _by_session(where: str, figure: _Figure) -> str:
    order = "longest desc" if figure.percentile else "tool_calls desc, last_at desc"
    return f"""
        select f.*, l.title, l.project_key from (
            select m.session_id, {columns([measured.TOOL_CALLS])}, max(m.started_at) as last_at,
                max(m.duration_ms) as longest,
                arg_max(m.tool_use_id, coalesce(m.duration_ms, 0)) as call_id
            from marts.{measured.TOOL_CALLS.table} as m
            where {where} and {figure.condition} group by 1
        ) as f left join marts.dim_sessions as l on l.session_id = f.session_id
        order by {order}, f.session_id
    """


def _cells(asked: Asked, rows: tuple[Row, ...]) -> list[list[Cell]]:
    labels = project_labels(asked)
    top = max((row["tool_calls"] for row in rows), default=0)
    return [
        [
            session_cell(row, labels, share(row["tool_calls"], top)),
            Cell(day_of(row["last_at"])),
            Cell(number(row["tool_calls"])),
            Cell(span(row["longest"]), _call(row), "Opens this call"),
        ]
        for row in rows
    ]


def _call(row: Row) -> str:
    return "/?" + urlencode({"session": row["session_id"], "m": row["call_id"]})
