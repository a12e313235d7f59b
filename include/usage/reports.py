"""Usage by period, model, project or session, read from the gold file."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from cca.errors import SettingError
from cca.gold.measures import calls, usage
from cca.gold.measures.causes import CAUSES
from cca.gold.measures.limits import EXPECTED_PERCENTAGE
from cca.gold.measures.select import OF_PROJECT, select
from cca.gold.measures.sessions import PROJECTED_USD
from cca.gold.open import open_gold, rows_of
from cca.transcript.projects import key_or_folder
from cca.usage import behaviour
from cca.usage.findings import FINDINGS
from cca.usage.kinds import KINDS, Kind

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
    labels: dict[str, str] | None = None


_CAUSE_LABELS = {"pull_request": {"git_branch": "l.git_branch", "url": "l.pull_request_url"}}
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
    **{
        each.report: _Shape(each.kind, f"cost_usd desc, {each.kind}", _CAUSE_LABELS.get(each.kind))
        for each in CAUSES
    },
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
_BASE = f"""
($since::date is null or m.day >= $since) and ($until::date is null or m.day <= $until)
and {OF_PROJECT} and ($host::varchar is null or m.host = $host)
"""
_OF_MODEL = "$model::varchar is null or coalesce(model, 'unknown') = $model"
# A call knows no model, but the response that made it does.
_CALLS_WHERE = f"""{_BASE} and ($model::varchar is null or m.message_id in (
    select message_id from marts.fct_api_messages where {_OF_MODEL}
))"""
_WHERE = f"{_BASE} and ({_OF_MODEL})"
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
_LIMITS = f"""
select limit_name, strftime(window_start, '%Y-%m-%dT%H:%M:%SZ') as window_start,
    strftime(resets_at, '%Y-%m-%dT%H:%M:%SZ') as resets_at,
    m.resets_at > $now::timestamp as is_active, used_percentage,
    case when m.resets_at > $now::timestamp then {EXPECTED_PERCENTAGE} end as expected_percentage,
    tokens, cost_usd, tokens_per_percent, usd_per_percent
from marts.agg_limit_windows as m where {_BLOCKS_WHERE.replace("block_start", "m.window_start")}
order by m.window_start, m.limit_name desc
"""
_LIMITS_SHOWN = (
    "used_percentage", "expected_percentage", "tokens", "cost_usd", "tokens_per_percent",
    "usd_per_percent",
)  # fmt: skip
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
    model: str | None = None,
) -> Report:
    """Usage of the days since..until (both included), of one project (id or path), machine, model.

    `now` tells which five-hour block is still open.
    """
    if kind not in KINDS:
        raise SettingError(f"{kind!r} is no report; there are {', '.join(KINDS)}")
    chosen = key_or_folder(project or "") or None
    bound = {"since": since, "until": until, "project": chosen, "host": host, "model": model}
    if kind == "blocks":
        return _blocks(gold_path, bound, now or datetime.now(UTC))
    if kind == "limits":
        return _limits(gold_path, bound, now or datetime.now(UTC))
    if kind == "tools":
        return _tools(gold_path, bound)
    if kind == "behaviour":
        return _behaviour(gold_path, bound)
    if kind in FINDINGS:
        return _findings(gold_path, kind, bound)
    shape = _SHAPES[kind]
    grouped = select(MEASURES, [shape.by], _WHERE, labels=shape.labels, order=shape.order)
    dimensions = (shape.by, *(shape.labels or ()))
    with open_gold(gold_path) as gold:
        rows = _rows(gold, grouped, bound, (*dimensions, *NAMES))
        totals = _rows(gold, select(MEASURES, where=_WHERE), bound, NAMES)[0]
        unpriced = _unpriced(gold, bound)
    return Report(kind, dimensions, tuple(rows), totals, unpriced)


def _blocks(gold_path: Path, bound: dict[str, Any], now: datetime) -> Report:
    """Five-hour windows; a plan's limits know no projects, machines or models of a session."""
    if any(bound[name] is not None for name in ("project", "host", "model")):
        message = (
            "`usage blocks` counts all projects, machines and models together, as limits do; "
            "leave out --project, --host and --model"
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


def _limits(gold_path: Path, bound: dict[str, Any], now: datetime) -> Report:
    """Windows of the plan's real limits; windows overlap, so their numbers have no total."""
    if bound["project"] is not None or bound["host"] is not None:
        message = "`usage limits` is of the whole account; leave out --project and --host"
        raise SettingError(message)
    at = now.astimezone(UTC).replace(tzinfo=None)
    bounds = {"since": bound["since"], "until": bound["until"], "now": at}
    dimensions = ("limit_name", "window_start", "resets_at", "is_active")
    with open_gold(gold_path) as gold:
        rows = _rows(gold, _LIMITS, bounds, (*dimensions, *_LIMITS_SHOWN))
    totals: dict[str, Value] = dict.fromkeys(_LIMITS_SHOWN)
    return Report("limits", dimensions, tuple(rows), totals, (), _LIMITS_SHOWN)


def _tools(gold_path: Path, bound: dict[str, Any]) -> Report:
    """Calls of each tool, how many succeeded and how long they took; copies counted once."""
    measures, dimensions = tuple(_CALLS.values()), ("tool_name", "tool_category")
    by_tool = select(
        measures, ["tool_name"], _CALLS_WHERE, labels={"tool_category": "l.tool_category"},
        order="tool_calls desc, tool_name",
    )  # fmt: skip
    names = tuple(each.name for each in measures)
    with open_gold(gold_path) as gold:
        rows = _rows(gold, by_tool, bound, (*dimensions, *names))
        totals = _rows(gold, select(measures, where=_CALLS_WHERE), bound, names)[0]
    shown = {each.name: name for name, each in _CALLS.items()}
    renamed = [{shown.get(name, name): row[name] for name in row} for row in (*rows, totals)]
    return Report("tools", dimensions, tuple(renamed[:-1]), renamed[-1], (), tuple(_CALLS))


def _behaviour(gold_path: Path, bound: dict[str, Any]) -> Report:
    """How Claude worked, each value beside the cases behind it."""
    names, by = tuple(each.name for each in behaviour.MEASURES), behaviour.DIMENSIONS
    grouped = select(behaviour.MEASURES, by, _WHERE, order=", ".join(by))
    with open_gold(gold_path) as gold:
        rows = _rows(gold, grouped, bound, (*by, *names))
        totals = _rows(gold, select(behaviour.MEASURES, where=_WHERE), bound, names)[0]
    return Report("behaviour", by, tuple(rows), totals, (), names)


def _findings(gold_path: Path, kind: str, bound: dict[str, Any]) -> Report:
    """What broke the cache, fills the context or brought little; copies counted once."""
    asked = FINDINGS[kind]
    names = tuple(each.name for each in asked.measures)
    where = f"{_BASE} and {asked.of_model}" if asked.of_model else _WHERE
    grouped = select(
        asked.measures, asked.by, where, having=f"{names[0]} > 0", order=asked.order
    )  # fmt: skip
    beside = tuple(each.name for each in asked.beside)
    with open_gold(gold_path) as gold:
        rows = _rows(gold, grouped, bound, (*asked.by, *names))
        whole = select((*asked.measures, *asked.beside), where=where)
        totals = _rows(gold, whole, bound, (*names, *beside))[0]
    return Report(kind, asked.by, tuple(rows), totals, (), names)


def _unpriced(gold: duckdb.DuckDBPyConnection, bound: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row["model"]) for row in _rows(gold, _UNPRICED, bound, ("model",)))


def _rows(
    gold: duckdb.DuckDBPyConnection, sql: str, bound: dict[str, Any], names: tuple[str, ...]
) -> list[dict[str, Value]]:
    """The rows with the columns `names`, in that order."""
    found = rows_of(gold, sql, bound)
    return [{name: _rounded(row[name]) for name in names} for row in found]


def _rounded(value: Any) -> Value:
    return value.quantize(CENT_FRACTION) if isinstance(value, Decimal) else value
