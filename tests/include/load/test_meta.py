"""What a warehouse remembers of its making; that of cca 0.1 moves out of the raw data."""

from datetime import UTC, datetime

import duckdb

from cca.load import meta

MARK = datetime(2026, 11, 1, 12, tzinfo=UTC)


def old_warehouse() -> duckdb.DuckDBPyConnection:
    warehouse = duckdb.connect()
    warehouse.execute("set TimeZone = 'UTC'")
    warehouse.execute("create schema raw")
    warehouse.execute("create table raw.conversations (_id varchar)")
    warehouse.execute("create table raw.lake_files (path varchar, dataset varchar)")
    warehouse.execute("insert into raw.lake_files values ('a.parquet', 'conversations')")
    warehouse.execute(
        "create table raw.loads (load_seq bigint not null, loaded_at timestamptz, "
        "mark timestamptz, rows_added bigint, rows_deleted bigint)"
    )
    warehouse.execute(
        f"insert into raw.loads values (4, now(), '{MARK}', 1, 0), (5, now(), null, 2, 0)"
    )
    warehouse.execute("create table raw.builds (load_seq bigint not null, built_at timestamptz)")
    warehouse.execute("insert into raw.builds values (4, now())")
    return warehouse


def test_bookkeeping_of_version_0_1_moves_once_and_nothing_is_lost() -> None:
    with old_warehouse() as warehouse:
        for _ in range(2):
            meta.prepare(warehouse)
            assert meta.newest_load(warehouse) == meta.Load(5, None)
            assert meta.newest_build(warehouse) == meta.Load(4, MARK)
            assert meta.loaded_files(warehouse) == {"a.parquet"}
        tables = warehouse.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
    assert [name for (name,) in tables] == [
        "meta.builds", "meta.built_nodes", "meta.lake_files", "meta.loads", "meta.node_runs",
        "raw.conversations",
    ]  # fmt: skip


def test_a_new_warehouse_has_loaded_and_built_nothing() -> None:
    with duckdb.connect() as warehouse:
        meta.prepare(warehouse)
        assert meta.newest_load(warehouse) == meta.newest_build(warehouse) == meta.Load(0, None)
        assert meta.loaded_files(warehouse) == set()
