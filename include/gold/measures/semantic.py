"""dbt's semantic models and metrics as YAML, made from the measures; `make docs` writes them.

MetricFlow reads `dbt/models/_metrics.yml`; nothing of ours does. A dimension of a semantic model
may not be named day, week or month, so the time of every model is `on_day`.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from cca.gold.measures import MEASURES
from cca.gold.measures.causes import CAUSES
from cca.gold.measures.dimensions import DIMENSIONS
from cca.gold.measures.model import Measure

_HEAD = "# Written by `make docs` from include/gold/measures: change a measure there, not here.\n"
TIME = "on_day"
_ENTITIES = {"session": "session_id", "project": "project_id"}
_WAYS = {"distinct": "count_distinct", "largest": "max"}


@dataclass(frozen=True)
class _Source:
    """A mart as a semantic model: its own entity, that entity's column and its dimensions."""

    entity: str
    key: str
    dimensions: tuple[str, ...] = ()
    time: str = "day"
    others: tuple[str, ...] = ("session", "project")


_SOURCES = {
    "fct_api_messages": _Source(
        "response",
        "message_id",
        ("model", "host", "cache_break_cause", *(each.kind for each in CAUSES)),
    ),
    "fct_cache_breaks": _Source("shortfall", "message_id", ("host",)),
    "fct_tool_calls": _Source("tool_call", "tool_use_id", ("tool_name", "host")),
    "fct_errors": _Source("error", "", ("tool_name", "error_class", "host")),
    "fct_file_operations": _Source(
        "file_operation", "tool_use_id", ("operation", "file_extension", "host")
    ),
    "fct_messages": _Source("entry", "entry_id", ("task_category", "host")),
    "fct_prompts": _Source("prompt", "entry_id", ("host",)),
    "fct_pull_requests": _Source("opened_pull_request", "pull_request"),
    "dim_sessions": _Source("session", "session_id", ("outcome", "host"), others=("project",)),
    "fct_compactions": _Source("compaction", "entry_id", ("host",)),
    "fct_subagents": _Source("subagent", "", ("agent_type", "host")),
    "agg_billing_blocks": _Source(
        "block", "block_start", time="cast(block_start as date)", others=()
    ),
    "fct_limits": _Source("limit_reading", "reading_id", ("host",)),
    "agg_limit_windows": _Source(
        "limit_window", "", ("limit_name",), time="cast(window_start as date)", others=()
    ),
    "fct_work": _Source("work", "work_id", ("model", "version", "effort", "host")),
    "agg_context": _Source("context_part", "", ("part", "tool_name", "host")),
    "agg_waste": _Source("finding", "", ("kind", "host")),
    "agg_rejects": _Source("reject", "", ("reason",), others=()),
}
# Without a day there is no metric; these measures are numbers of the product all the same.
WITHOUT_TIME = ("agg_ledger_check",)


def document() -> str:
    """The whole file as YAML."""
    content = {
        "semantic_models": [_model(table, source) for table, source in _SOURCES.items()],
        "metrics": [_metric(each) for each in MEASURES.values() if each.table in _SOURCES],
    }
    return _HEAD + yaml.safe_dump(content, sort_keys=False, width=100, allow_unicode=True)


def _model(table: str, source: _Source) -> dict[str, Any]:
    entities = [
        {"name": name, "type": "foreign", "expr": _ENTITIES[name]} for name in source.others
    ]
    if source.key:
        entities.insert(0, {"name": source.entity, "type": "primary", "expr": source.key})
    model: dict[str, Any] = {
        "name": table,
        "model": f"ref('{table}')",
        "defaults": {"agg_time_dimension": TIME},
    }
    if not source.key:
        model["primary_entity"] = source.entity
    time = {
        "name": TIME, "type": "time", "expr": source.time,
        "type_params": {"time_granularity": "day"},
    }  # fmt: skip
    return model | {
        "entities": entities,
        "dimensions": [time, *map(_dimension, source.dimensions)],
        "measures": [
            _measure(each)
            for each in MEASURES.values()
            if each.table == table and each.how != "ratio"
        ],
    }


def _dimension(name: str) -> dict[str, Any]:
    return {"name": name, "type": "categorical", "expr": DIMENSIONS[name].expression}


def _measure(measure: Measure) -> dict[str, Any]:
    """Rows outside the population are null, which no aggregate counts."""
    column = "1" if measure.how == "count" else measure.column
    if measure.population:
        column = f"case when {measure.population} then {column} end"
    way = "sum" if measure.how == "count" else _WAYS.get(measure.how, measure.how)
    written: dict[str, Any] = {"name": measure.name, "agg": way, "expr": column}
    if measure.how == "percentile":
        written["agg_params"] = {
            "percentile": measure.quantile, "use_discrete_percentile": False,
            "use_approximate_percentile": False,
        }  # fmt: skip
    return written


def _metric(measure: Measure) -> dict[str, Any]:
    metric: dict[str, Any] = {
        "name": measure.name,
        "label": measure.label,
        "description": measure.description,
    }
    if measure.how == "ratio":
        numerator, denominator = measure.parts
        names = {"numerator": numerator.name, "denominator": denominator.name}
        return metric | {"type": "ratio", "type_params": names}
    read: dict[str, Any] = {"name": measure.name}
    if measure.is_additive:
        read["fill_nulls_with"] = 0
    return metric | {"type": "simple", "type_params": {"measure": read}}
