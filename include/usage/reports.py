"""Usage by period, model, project or session, read from the gold file."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb

from cca.errors import SettingError
from cca.gold.measures import calls, usage
from cca.gold.measures.select import OF_PROJECT, select
from cca.gold.measures.sessions import PROJECTED_USD
from cca.gold.open import open_gold
from cca.transcript.projects import key_or_folder

Kind = Literal[
    "daily", "weekly", "monthly", "model", "project", "repository", "host", "session", "blocks",
    "tools",
]  # fmt: skip
Value = str | int | float | Decimal | date | None

MEASURES = (
    usage.API_MESSAGES, usage.INPUT_TOKENS, usage.OUTPUT_TOKENS, usage.CACHE_WRITE_5M_TOKENS,
    usage.CACHE_WRITE_1H_TOKENS, usage.CACHE_READ_TOKENS, usage.COST_USD,
    usage.COST_USD_WITH_WEB_SEARCH,
)  # fmt: skip
NAMES = tuple(each.name for each in MEASURES)
# Money is shown and exchanged with this many places.
CENT_FRACTION = Decimal("0.00000001")


@dataclass(frozen=True)
class Report:
    """Rows of one kind with their totals; `unpriced_models` cost something nobody knows."""

    kind: str
    dimensions: tuple[str, ...]
    rows: tuple[dict[str, Value], ...]
    totals: dict[str, Value]
    unpriced_models: tuple[str, ...]
    measures: tuple[str, ...] = NAMES


@dataclass(frozen=True)
class _Shape:
    """The dimension a kind groups by, what else it shows of it, and the order of its rows."""

    by: str
    order: str
    labels: dict[str, str] = field(default_factory=dict)


_SHAPES: dict[str, _Shape] = {
    "daily": _Shape("day", "day"),
    "weekly": _Shape("week", "week"),
    "monthly": _Shape("month", "month"),
    "model": _Shape("model", "cost_usd desc, model"),
    "project": _Shape(
        "project_key",
        "cost_usd desc, project_key",
        {"project_id": "l.project_id", "project_path": "l.project_path"},
    ),
    "repository": _Shape("repository", "cost_usd desc, repository"),
    "host": _Shape("host", "cost_usd desc, host"),
    "session": _Shape(
        "session_id",
        "started_at, session_id",
        {
            "project_id": "l.project_id",
            "title": "l.title",
            "started_at": "strftime(l.started_at, '%Y-%m-%dT%H:%M:%SZ')",
        },
    ),
}
_WHERE = f"""
($since::date is null or m.day >= $since) and ($until::date is null or m.day <= $until)
and {OF_PROJECT} and ($host::varchar is null or m.host = $host)
"""
_BURN = ("tokens_per_minute", "usd_per_hour", "projected_usd")
_BLOCKS_WHERE = """
($since::date is null or block_start::date >= $since)
and ($until::date is null or block_start::date <= $until)
"""
_BLOCKS = f"""
select strftime(block_start, '%Y-%m-%dT%H:%M:%SZ') as block_start,
    strftime(block_end, '%Y-%m-%dT%H:%M:%SZ') as block_end,
    m.block_end > $now::timestamp as is_active, api_messages::bigint as api_messages,
    {", ".join(NAMES[1:])}, tokens_per_minute, usd_per_hour,
    case when m.block_end > $now::timestamp then {PROJECTED_USD} end as projected_usd
from marts.agg_billing_blocks as m where {_BLOCKS_WHERE}
order by m.block_start
"""
_BLOCKS_TOTALS = f"""
select {", ".join(f"{each.total} as {each.name}" for each in MEASURES)}
from marts.agg_billing_blocks where {_BLOCKS_WHERE}
"""
# The columns of `cca usage tools` kept their names when the measures got theirs.
_CALLS = {
    "calls": calls.TOOL_CALLS,
    "successes": calls.SUCCEEDED_CALLS,
    "failed": calls.FAILED_CALLS,
    "rejected": calls.DECLINED_CALLS,
    "pending": calls.OPEN_CALLS,
    "success_rate": calls.SUCCESS_RATE,
    "p50_duration_ms": calls.P50_DURATION_MS,
    "p95_duration_ms": calls.P95_DURATION_MS,
}
_UNPRICED = select(
    [usage.UNPRICED_MESSAGES], ["model"], _WHERE, having="unpriced_messages > 0", order="model"
)


def report(  # noqa: PLR0913  (a report's filters)
    gold_path: Path,
    kind: Kind,
    since: date | None = None,
    until: date | None = None,
    project: str | None = None,
    now: datetime | None = None,
    host: str | None = None,
) -> Report:
    """Usage of the days since..until (both included), of one project (id or path), of one machine.

    `now` tells which five-hour block is still open.
    """
    if kind not in get_args(Kind):
        raise SettingError(f"{kind!r} is no report; there are {', '.join(get_args(Kind))}")
    chosen = key_or_folder(project or "") or None
    bound = {"since": since, "until": until, "project": chosen, "host": host}
    if kind == "blocks":
        return _blocks(gold_path, bound, now or datetime.now(UTC))
    if kind == "tools":
        return _tools(gold_path, bound)
    shape = _SHAPES[kind]
    grouped = select(MEASURES, [shape.by], _WHERE, labels=shape.labels, order=shape.order)
    dimensions = (shape.by, *shape.labels)
    with open_gold(gold_path) as gold:
        rows = _rows(gold, grouped, bound, (*dimensions, *NAMES))
        totals = _rows(gold, select(MEASURES, where=_WHERE), bound, NAMES)[0]
        unpriced = _unpriced(gold, bound)
    return Report(kind, dimensions, tuple(rows), totals, unpriced)


def _blocks(gold_path: Path, bound: dict[str, Any], now: datetime) -> Report:
    """Five-hour windows; a plan's limits know no projects or machines, so neither do they."""
    if bound["project"] is not None or bound["host"] is not None:
        message = (
            "`usage blocks` counts all projects and machines together, as limits do; "
            "leave out --project and --host"
        )
        raise SettingError(message)
    at = now.astimezone(UTC).replace(tzinfo=None)
    period = {"since": bound["since"], "until": bound["until"]}
    dimensions, measures = ("block_start", "block_end", "is_active"), (*NAMES, *_BURN)
    with open_gold(gold_path) as gold:
        rows = _rows(gold, _BLOCKS, period | {"now": at}, (*dimensions, *measures))
        totals = _rows(gold, _BLOCKS_TOTALS, period, NAMES)[0]
        unpriced = _unpriced(gold, bound)
    totals |= dict.fromkeys(_BURN)
    return Report("blocks", dimensions, tuple(rows), totals, unpriced, measures)


def _tools(gold_path: Path, bound: dict[str, Any]) -> Report:
    """Calls of each tool, how many succeeded and how long they took; copies counted once."""
    measures, dimensions = tuple(_CALLS.values()), ("tool_name", "tool_category")
    by_tool = select(
        measures, ["tool_name"], _WHERE, labels={"tool_category": "l.tool_category"},
        order="tool_calls desc, tool_name",
    )  # fmt: skip
    names = tuple(each.name for each in measures)
    with open_gold(gold_path) as gold:
        rows = _rows(gold, by_tool, bound, (*dimensions, *names))
        totals = _rows(gold, select(measures, where=_WHERE), bound, names)[0]
    shown = {each.name: name for name, each in _CALLS.items()}
    renamed = [{shown.get(name, name): row[name] for name in row} for row in (*rows, totals)]
    return Report("tools", dimensions, tuple(renamed[:-1]), renamed[-1], (), tuple(_CALLS))


def _unpriced(gold: duckdb.DuckDBPyConnection, bound: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row["model"]) for row in _rows(gold, _UNPRICED, bound, ("model",)))


def _rows(
    gold: duckdb.DuckDBPyConnection, sql: str, bound: dict[str, Any], names: tuple[str, ...]
) -> list[dict[str, Value]]:
    """The rows with the columns `names`, in that order."""
    cursor = gold.execute(sql, bound)
    found = [column[0] for column in cursor.description]
    rows = (dict(zip(found, values, strict=True)) for values in cursor.fetchall())
    return [{name: _rounded(row[name]) for name in names} for row in rows]


def _rounded(value: Any) -> Value:
    return value.quantize(CENT_FRACTION) if isinstance(value, Decimal) else value
