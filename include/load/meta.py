"""What the warehouse remembers of its own making, in schema `meta`: files, loads and builds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from cca.lake.manifest import LakeFile
from cca.sql import list_literal

_TABLES = {
    "lake_files": "path varchar, dataset varchar",
    "loads": "load_seq bigint not null, loaded_at timestamptz, mark timestamptz, "
    "rows_added bigint, rows_deleted bigint",
    # dbt writes both. How each node of its graph went with the newest load, and the loads for which
    # every model went well, at once or one after the other: what the marts are made from.
    "built_nodes": "load_seq bigint not null, node varchar not null, is_good boolean not null",
    "builds": "load_seq bigint not null, built_at timestamptz",
    # How each node of each build went (cca.transform.results).
    "node_runs": "began_at timestamptz not null, load_seq bigint, is_repeated boolean not null, "
    "node varchar not null, kind varchar not null, status varchar not null, "
    "seconds double not null, row_count bigint, failures bigint",
}


@dataclass(frozen=True)
class Load:
    """A load: its number and the lake's high-water mark that it brought."""

    load_seq: int = 0
    high_water_mark: datetime | None = None


def prepare(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Create the tables; cca 0.1 kept them among the raw data, from where they move once."""
    warehouse.execute("create schema if not exists meta")
    in_raw = {
        row[0]
        for row in warehouse.execute(
            "select table_name from duckdb_tables() "
            "where schema_name = 'raw' and database_name = current_database()"
        ).fetchall()
    }
    for name, columns in _TABLES.items():
        warehouse.execute(f"create table if not exists meta.{name} ({columns})")
    if old := _TABLES.keys() & in_raw:
        warehouse.execute("begin")
        for name in old:
            warehouse.execute(f"insert into meta.{name} by name select * from raw.{name}")
            warehouse.execute(f"drop table raw.{name}")
        warehouse.execute("commit")


def newest_load(warehouse: duckdb.DuckDBPyConnection) -> Load:
    """Return the newest load; number 0 before the first."""
    rows = warehouse.execute(
        "select load_seq, mark from meta.loads order by load_seq desc limit 1"
    ).fetchall()
    return Load(*rows[0]) if rows else Load()


def newest_build(warehouse: duckdb.DuckDBPyConnection) -> Load:
    """Return the load that dbt built every model from last; number 0 where there was none."""
    rows = warehouse.execute(
        "select load_seq, mark from meta.loads join meta.builds using (load_seq) "
        "order by built_at desc limit 1"
    ).fetchall()
    return Load(*rows[0]) if rows else Load()


def newest_build_at(warehouse: duckdb.DuckDBPyConnection) -> datetime | None:
    """Return when every model was built last; None where that was never."""
    rows = warehouse.execute("select max(built_at) from meta.builds").fetchall()
    built_at: datetime | None = rows[0][0]
    return built_at


def record_load(warehouse: duckdb.DuckDBPyConnection, load: Load, added: int, deleted: int) -> None:
    mark = f"timestamptz '{load.high_water_mark}'" if load.high_water_mark else "null"
    warehouse.execute(
        f"insert into meta.loads values ({load.load_seq}, now(), {mark}, {added}, {deleted})"
    )


def loaded_files(warehouse: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the paths of the lake's files whose rows raw holds."""
    return {row[0] for row in warehouse.execute("select path from meta.lake_files").fetchall()}


def record_files(
    warehouse: duckdb.DuckDBPyConnection, gone: Iterable[str], fresh: Sequence[LakeFile]
) -> None:
    warehouse.execute(
        f"delete from meta.lake_files where path in (select unnest({list_literal(gone)}))"
    )
    paths = list_literal(file.path for file in fresh)
    datasets = list_literal(file.dataset for file in fresh)
    warehouse.execute(f"insert into meta.lake_files select unnest({paths}), unnest({datasets})")


def forget_files(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Forget the files, not the loads: no load number is used twice, as facts remember them."""
    warehouse.execute("delete from meta.lake_files")
