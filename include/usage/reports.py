"""Usage by period, model, project or session, read from the gold file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb

from cca.errors import SettingError
from cca.gold.open import open_gold

Kind = Literal[
    "daily", "weekly", "monthly", "model", "project", "host", "session", "blocks", "tools"
]  # fmt: skip
Value = str | int | float | Decimal | date | None

TOKENS = (
    "input_tokens", "output_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "cache_read_tokens",
)  # fmt: skip
MONEY = ("cost_usd", "cost_usd_with_web_search")
MEASURES = ("api_messages", *TOKENS, *MONEY)
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
    measures: tuple[str, ...] = MEASURES


@dataclass(frozen=True)
class _Shape:
    """What a kind groups by, what else it shows, and in which order."""

    keys: dict[str, str]
    shown: dict[str, str]
    order: str


_SHAPES: dict[str, _Shape] = {
    "daily": _Shape({"day": "m.day"}, {}, "day"),
    "weekly": _Shape({"week": "cast(date_trunc('week', m.day) as date)"}, {}, "week"),
    "monthly": _Shape({"month": "strftime(m.day, '%Y-%m')"}, {}, "month"),
    "model": _Shape({"model": "coalesce(m.model, 'unknown')"}, {}, "cost_usd desc, model"),
    "project": _Shape(
        {"project_id": "m.project_id"},
        {"project_path": "any_value(p.project_path)"},
        "cost_usd desc, project_id",
    ),
    "host": _Shape({"host": "m.host"}, {}, "cost_usd desc, host"),
    "session": _Shape(
        {"session_id": "m.session_id"},
        {
            "project_id": "any_value(s.project_id)",
            "title": "any_value(s.title)",
            "started_at": "strftime(any_value(s.started_at), '%Y-%m-%dT%H:%M:%SZ')",
        },
        "started_at, session_id",
    ),
}
_FROM = """
from marts.fct_api_messages as m
left join marts.dim_sessions as s on s.session_id = m.session_id
left join marts.dim_projects as p on p.project_id = m.project_id
where (? is null or m.day >= ?) and (? is null or m.day <= ?)
    and (? is null or m.project_id = ? or p.project_path = ?) and (? is null or m.host = ?)
"""
_SUMS = ", ".join(
    ["count(*) as api_messages"]
    + [f"coalesce(sum(m.{name}), 0)::bigint as {name}" for name in TOKENS]
    + [f"coalesce(sum(m.{name}), 0)::decimal(38, 10) as {name}" for name in MONEY]
)
_BURN = ("tokens_per_minute", "usd_per_hour", "projected_usd")
_BLOCKS = f"""
select strftime(m.block_start, '%Y-%m-%dT%H:%M:%SZ') as block_start,
    strftime(m.block_end, '%Y-%m-%dT%H:%M:%SZ') as block_end,
    m.block_end > ?::timestamp as is_active,
    m.api_messages::bigint as api_messages, {", ".join(f"m.{name}" for name in (*TOKENS, *MONEY))},
    m.tokens_per_minute, m.usd_per_hour,
    case when m.block_end > ?::timestamp then m.cost_usd
        + m.usd_per_hour * date_diff('second', m.last_at, m.block_end) / 3600.0 end as projected_usd
from marts.agg_billing_blocks as m
where (? is null or m.block_start::date >= ?) and (? is null or m.block_start::date <= ?)
order by m.block_start
"""
_CALLS = """
count(*) as calls,
count(*) filter (where m.status = 'success') as successes,
count(*) filter (where m.is_error and not m.is_rejected) as failed,
count(*) filter (where m.is_rejected) as rejected,
count(*) filter (where m.status = 'pending') as pending,
count(*) filter (where m.status = 'success') / nullif(
    count(*) filter (where m.status <> 'pending' and not m.is_rejected), 0
) as success_rate,
quantile_cont(m.duration_ms, 0.5) as p50_duration_ms,
quantile_cont(m.duration_ms, 0.95) as p95_duration_ms
"""
CALL_MEASURES = (
    "calls", "successes", "failed", "rejected", "pending", "success_rate", "p50_duration_ms",
    "p95_duration_ms",
)  # fmt: skip
_UNPRICED = (
    f"select distinct coalesce(m.model, 'unknown') {_FROM} and not m.is_price_known order by 1"
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
    bound = [since, since, until, until, project, project, project, host, host]
    if kind == "blocks":
        return _blocks(gold_path, bound, now or datetime.now(UTC))
    if kind == "tools":
        return _tools(gold_path, bound)
    shape = _SHAPES[kind]
    with open_gold(gold_path) as gold:
        rows = _select(gold, _grouped(shape), bound)
        totals = _select(gold, f"select {_SUMS} {_FROM}", bound)[0]
        unpriced = gold.execute(_UNPRICED, bound).fetchall()
    return Report(
        kind=kind,
        dimensions=(*shape.keys, *shape.shown),
        rows=tuple(rows),
        totals=totals,
        unpriced_models=tuple(name for (name,) in unpriced),
    )


def _blocks(gold_path: Path, bound: list[Any], now: datetime) -> Report:
    """Five-hour windows; a plan's limits know no projects or machines, so neither do they."""
    if any(value is not None for value in bound[4:]):
        message = (
            "`usage blocks` counts all projects and machines together, as limits do; "
            "leave out --project and --host"
        )
        raise SettingError(message)
    at = now.astimezone(UTC).replace(tzinfo=None)
    with open_gold(gold_path) as gold:
        rows = _select(gold, _BLOCKS, [at, at, *bound[:4]])
        kinds = {name: "decimal(38, 10)" if name in MONEY else "bigint" for name in MEASURES}
        sums = ", ".join(f"coalesce(sum({k}), 0)::{kind} as {k}" for k, kind in kinds.items())
        where = "(? is null or block_start::date >= ?) and (? is null or block_start::date <= ?)"
        total_sql = f"select {sums} from marts.agg_billing_blocks where {where}"
        totals = _select(gold, total_sql, bound[:4])[0]
        unpriced = gold.execute(_UNPRICED, bound).fetchall()
    return Report(
        kind="blocks",
        dimensions=("block_start", "block_end", "is_active"),
        rows=tuple(rows),
        totals=totals | dict.fromkeys(_BURN),
        unpriced_models=tuple(name for (name,) in unpriced),
        measures=(*MEASURES, *_BURN),
    )


def _tools(gold_path: Path, bound: list[Any]) -> Report:
    """Calls of each tool, how many worked and how long they took; copies counted once."""
    source = f"""
        from marts.fct_tool_calls as m
        left join marts.dim_tools as t on t.tool_name = m.tool_name
        {_FROM[_FROM.index("left join marts.dim_projects") :]}
    """
    with open_gold(gold_path) as gold:
        by_tool = f"select m.tool_name, any_value(t.tool_category) as tool_category, {_CALLS}"
        ordered = f"{by_tool} {source} group by m.tool_name order by calls desc, m.tool_name"
        rows = _select(gold, ordered, bound)
        totals = _select(gold, f"select {_CALLS} {source}", bound)[0]
    return Report("tools", ("tool_name", "tool_category"), tuple(rows), totals, (), CALL_MEASURES)


def _grouped(shape: _Shape) -> str:
    columns = ", ".join(f"{sql} as {name}" for name, sql in (shape.keys | shape.shown).items())
    keys = ", ".join(shape.keys.values())
    return f"select {columns}, {_SUMS} {_FROM} group by {keys} order by {shape.order}"


def _select(gold: duckdb.DuckDBPyConnection, sql: str, bound: list[Any]) -> list[dict[str, Value]]:
    cursor = gold.execute(sql, bound)
    names = [column[0] for column in cursor.description]
    return [_row(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _row(pairs: Iterable[tuple[str, Any]]) -> dict[str, Value]:
    return {
        name: value.quantize(CENT_FRACTION) if isinstance(value, Decimal) else value
        for name, value in pairs
    }
