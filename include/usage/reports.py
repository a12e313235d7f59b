"""Usage by period, model, project or session, read from the gold file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb

from include.errors import NotFound, SettingError

Kind = Literal["daily", "weekly", "monthly", "model", "project", "session"]
Value = str | int | Decimal | date | None

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
    and (? is null or m.project_id = ? or p.project_path = ?)
"""
_SUMS = ", ".join(
    ["count(*) as api_messages"]
    + [f"coalesce(sum(m.{name}), 0)::bigint as {name}" for name in TOKENS]
    + [f"coalesce(sum(m.{name}), 0)::decimal(38, 10) as {name}" for name in MONEY]
)
_UNPRICED = (
    f"select distinct coalesce(m.model, 'unknown') {_FROM} and not m.is_price_known order by 1"
)


def report(
    gold_path: Path,
    kind: Kind,
    since: date | None = None,
    until: date | None = None,
    project: str | None = None,
) -> Report:
    """Usage of the days since..until (both included), of one project (id or path) or of all."""
    if kind not in get_args(Kind):
        raise SettingError(f"{kind!r} is no report; there are {', '.join(get_args(Kind))}")
    shape = _SHAPES[kind]
    bound = [since, since, until, until, project, project, project]
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


def open_gold(gold_path: Path) -> duckdb.DuckDBPyConnection:
    """The published gold file, read-only."""
    if not gold_path.exists():
        message = f"{gold_path} does not exist yet: nothing was published; run `cca pipeline`"
        raise NotFound(message)
    # Resolved, so that a process which holds an older file open still gets the newest.
    return duckdb.connect(str(gold_path.resolve()), read_only=True)


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
