"""Makes `raw.*` equal to the lake: deletes rows of gone files, inserts rows of new files."""

import logging
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from cca.lake.lake import Lake, holding
from cca.lake.manifest import LakeFile, Manifest
from cca.load import meta
from cca.load.compression import compression
from cca.load.warehouse import writing
from cca.records import DATASETS, raw_schema
from cca.settings import Settings
from cca.sql import list_literal

_LOADED = {
    "lake_file": f"lake_file varchar{compression('lake_file')}",
    "load_seq": "load_seq bigint",
}
# DuckDB would import pandas to say it, which takes longer than an hourly load.
_DUCKDB_TYPES = {
    pa.string(): "varchar",
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamptz",
}

# Rows are compressed and written in groups of 122,880. Five of them would wait in memory.
_GROUPS_IN_MEMORY = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadReport:
    """Rows that came and went, not those that only moved between files.

    `load_seq` is the newest load in the warehouse, `built_seq` the load that dbt built last.
    """

    rows_added: int
    rows_deleted: int
    load_seq: int
    built_seq: int
    high_water_mark: datetime | None


def load(
    settings: Settings, *, storage_format: str | None = None, full_refresh: bool = False
) -> LoadReport:
    """Make raw equal to the lake in one transaction; a second call finds nothing to do.

    Raises:
        WarehouseError: The warehouse or a file of the lake is damaged.

    """
    # It holds the lake, so that no extraction removes files that it reads.
    with holding(settings, storage_format) as lake:
        return load_state(settings, lake, lake.read(), full_refresh=full_refresh)


def load_state(
    settings: Settings, lake: Lake, state: Manifest, *, full_refresh: bool = False
) -> LoadReport:
    """Make raw equal to a state of the lake: the present one, or a snapshot."""
    with writing(settings) as warehouse:
        # A second thread shortens it little and costs half as much again.
        warehouse.execute("set threads = 1")
        warehouse.execute(f"set write_buffer_row_group_count = {_GROUPS_IN_MEMORY}")
        prepare(warehouse, drop_first=full_refresh)
        added, deleted = _apply(lake, warehouse, state)
        newest, built = meta.newest_load(warehouse), meta.newest_build(warehouse)
    log.info("loaded %d rows, deleted %d", added, deleted)
    return LoadReport(added, deleted, newest.load_seq, built.load_seq, state.high_water_mark)


def prepare(warehouse: duckdb.DuckDBPyConnection, *, drop_first: bool = False) -> None:
    """Create the raw tables and their bookkeeping, or add the columns that they lack."""
    warehouse.execute("create schema if not exists raw")
    meta.prepare(warehouse)
    if drop_first:
        for name in DATASETS:
            warehouse.execute(f"drop table if exists raw.{name}")
        meta.forget_files(warehouse)
    for name in DATASETS:
        wanted = {field.name: _definition(field) for field in raw_schema(name)} | _LOADED
        warehouse.execute(f"create table if not exists raw.{name} ({', '.join(wanted.values())})")
        has = _columns(warehouse, f"raw.{name}")
        for column in wanted.keys() - has:
            warehouse.execute(f"alter table raw.{name} add column {wanted[column]}")
        for column in has - wanted.keys():
            warehouse.execute(f'alter table raw.{name} drop column "{column}"')


def _definition(field: pa.Field) -> str:
    return f'"{field.name}" {_DUCKDB_TYPES[field.type]}{compression(field.name)}'


def _columns(warehouse: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    return {row[0] for row in warehouse.execute(f"describe {relation}").fetchall()}


def _apply(lake: Lake, warehouse: duckdb.DuckDBPyConnection, state: Manifest) -> tuple[int, int]:
    live = {file.path: file for file in state.files}
    loaded = meta.loaded_files(warehouse)
    gone, fresh = sorted(loaded - live.keys()), sorted(live.keys() - loaded)
    if not gone and not fresh:
        return 0, 0
    seq = meta.newest_load(warehouse).load_seq + 1
    added = deleted = 0
    warehouse.execute("begin")
    try:
        for dataset in DATASETS:
            taken_out = _delete(warehouse, dataset, gone)
            files = [live[path] for path in fresh if live[path].dataset == dataset]
            new, moved = _insert(lake, warehouse, dataset, files, seq)
            added += new
            deleted += taken_out - moved
        meta.record_files(warehouse, gone, [live[path] for path in fresh])
        # Rows that only moved between files are no load: nothing has to be built again.
        if added or deleted:
            meta.record_load(warehouse, meta.Load(seq, state.high_water_mark), added, deleted)
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise
    return added, deleted


def _delete(warehouse: duckdb.DuckDBPyConnection, dataset: str, paths: list[str]) -> int:
    """Delete rows of gone files; keep which load first brought them, and what they were."""
    key = "_id, block_index" if dataset == "content_blocks" else "_id, 0 as block_index"
    is_gone = f"lake_file in (select unnest({list_literal(paths)}))"
    warehouse.execute(
        f"create or replace temp table moved as select {key}, load_seq, "
        f"hash(row({_quoted(raw_schema(dataset).names)})) as was from raw.{dataset} where {is_gone}"
    )
    rows = warehouse.execute("select count(*) from moved").fetchall()
    if rows[0][0]:
        warehouse.execute(f"delete from raw.{dataset} where {is_gone}")
    return int(rows[0][0])


def _insert(
    lake: Lake, warehouse: duckdb.DuckDBPyConnection, dataset: str, files: list[LakeFile], seq: int
) -> tuple[int, int]:
    """Insert rows of new files; return how many are new, and how many only moved.

    Remote files pass through Arrow, one after the other.
    """
    by_source: dict[str, str] = {}
    inserted = 0
    for file in files:
        source = lake.store.local(file.path)
        if source is not None:
            by_source[source] = file.path
            continue
        table = lake.table(file, raw_schema(dataset).names)
        warehouse.register("lake_rows", table.append_column("filename", _same(file)))
        inserted += _insert_rows(warehouse, dataset, {file.path: file.path}, seq)
        warehouse.unregister("lake_rows")
    if by_source:
        try:
            inserted += _insert_local(warehouse, dataset, by_source, seq)
        except duckdb.Error:
            # DuckDB does not always say which file it was; reading it with pyarrow does.
            for file in files:
                lake.table(file)
            raise
    fresh = warehouse.execute(
        f"select count(*) from raw.{dataset} where load_seq = {seq}"
    ).fetchall()
    return int(fresh[0][0]), inserted - int(fresh[0][0])


def _insert_local(
    warehouse: duckdb.DuckDBPyConnection, dataset: str, by_source: dict[str, str], seq: int
) -> int:
    relation = warehouse.read_parquet(
        list(by_source), filename=True, hive_partitioning=False, union_by_name=True
    )
    relation.create_view("lake_rows", replace=True)
    inserted = _insert_rows(warehouse, dataset, by_source, seq)
    warehouse.execute("drop view lake_rows")
    return inserted


def _insert_rows(
    warehouse: duckdb.DuckDBPyConnection, dataset: str, by_source: dict[str, str], seq: int
) -> int:
    has = _columns(warehouse, "lake_rows")
    names = raw_schema(dataset).names
    # Files from before a column was added lack it.
    columns = ", ".join(f'"{name}"' if name in has else f'null as "{name}"' for name in names)
    key = "rows.block_index" if dataset == "content_blocks" else "0"
    # A row that only moved to another file is not new: it keeps its number.
    moved = f"""
        left join moved on moved._id = rows._id and moved.block_index = {key}
            and moved.was = hash(row({_quoted(names, "rows")}))
    """
    sources, paths = list_literal(by_source), list_literal(by_source.values())
    has_moved = warehouse.execute("select count(*) from moved").fetchall()[0][0] > 0
    rows = warehouse.execute(
        f"""
        insert into raw.{dataset} by name
        with rows as (select filename, {columns} from lake_rows)
        select rows.* exclude (filename), named.path as lake_file,
            {f"coalesce(moved.load_seq, {seq})" if has_moved else seq} as load_seq
        from rows
        join (select unnest({sources}) as source, unnest({paths}) as path) as named
            on named.source = rows.filename
        {moved if has_moved else ""}
        """
    ).fetchall()
    return int(rows[0][0])


def _quoted(names: list[str], relation: str = "") -> str:
    return ", ".join(f'{relation}."{name}"' if relation else f'"{name}"' for name in names)


def _same(file: LakeFile) -> pa.Array:
    return pa.array([file.path] * file.rows, pa.string())
