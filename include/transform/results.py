"""Keeps how each model and test of each build went: what gold's fct_build_results shows.

It stands in the warehouse, in `meta`, and holds no values of rows: names, times and counts.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb

from cca.errors import WarehouseError
from cca.load import meta
from cca.load.warehouse import writing
from cca.settings import Settings
from cca.sql import literal
from cca.transform.nodes import NodeDone

KEPT_DAYS = 90
_KINDS = ("model", "seed", "test")


def record(
    settings: Settings, nodes: Iterable[NodeDone], began: datetime, *, is_repeated: bool
) -> None:
    """Add a build that began then; builds that are too old go."""
    with writing(settings) as warehouse:
        record_in(warehouse, nodes, began, is_repeated=is_repeated)


def record_in(
    warehouse: duckdb.DuckDBPyConnection,
    nodes: Iterable[NodeDone],
    began: datetime,
    *,
    is_repeated: bool,
) -> None:
    """Add a build to a warehouse that is open for writing."""
    ran = [node for node in nodes if node.kind in _KINDS]
    if not ran:
        return
    meta.prepare(warehouse)
    counts = _row_counts(warehouse)
    at, again = literal(began.isoformat()), str(is_repeated).lower()
    rows = ", ".join(
        f"({literal(node.name)}, {literal(node.kind)}, {literal(node.status)}, "
        f"{node.seconds:.6f}, {_number(counts.get(node.name))}, {_number(node.failures)})"
        for node in ran
    )
    warehouse.execute(
        f"insert into meta.node_runs select {at}::timestamptz, "
        f"(select max(load_seq) from meta.loads), {again}, * from (values {rows})"
    )
    oldest = f"{at}::timestamptz - interval {KEPT_DAYS} day"
    warehouse.execute(f"delete from meta.node_runs where began_at < {oldest}")


def kept(settings: Settings) -> list[tuple[Any, ...]]:
    """Return all that is recorded, to put it into a new warehouse; nothing of a damaged one."""
    if not settings.warehouse_path.exists():
        return []
    try:
        with writing(settings) as warehouse:
            meta.prepare(warehouse)
            query = "select * replace (began_at::varchar as began_at) from meta.node_runs"
            return warehouse.execute(query).fetchall()
    except (duckdb.Error, WarehouseError):
        return []


def put_back(settings: Settings, rows: list[tuple[Any, ...]]) -> None:
    """Write what `kept` returned into a warehouse that was made since."""
    if not rows:
        return
    places = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
    with writing(settings) as warehouse:
        meta.prepare(warehouse)
        warehouse.execute("begin")
        warehouse.executemany(f"insert into meta.node_runs values ({places})", rows)
        warehouse.execute("commit")


def _row_counts(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the rows of each table that dbt built."""
    tables = warehouse.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() "
        "and schema_name in ('staging', 'intermediate', 'marts')"
    ).fetchall()
    if not tables:
        return {}
    counts = " union all ".join(
        f'select {literal(table)}, count(*) from {schema}."{table}"' for schema, table in tables
    )
    return dict(warehouse.execute(counts).fetchall())


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)
