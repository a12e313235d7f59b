"""Bring `raw.*` to what the lake's manifest lists: rows of gone files out, of new files in."""

import logging
from dataclasses import dataclass
from datetime import datetime

import duckdb

from include.extract import manifest
from include.extract.manifest import LakeFile
from include.records import DATASETS
from include.settings import Settings
from include.warehouse import writing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadReport:
    """Rows that came and went; `is_changed` when gold does not hold this load yet."""

    rows_added: int
    rows_deleted: int
    load_seq: int
    mark: datetime | None
    is_changed: bool


@dataclass(frozen=True)
class Loaded:
    """The newest load in the warehouse: its number and the lake's mark it brought."""

    load_seq: int
    mark: datetime | None


def load(
    settings: Settings, *, storage_format: str | None = None, full_refresh: bool = False
) -> LoadReport:
    """One transaction: after it raw equals the lake; a second call finds nothing to do."""
    storage_format = manifest.supported(storage_format or settings.storage_format)
    # the lock keeps an extract from removing files that are being read
    with manifest.locked(settings, storage_format), writing(settings) as warehouse:
        lake = manifest.read(settings, storage_format)
        _create(warehouse, drop_first=full_refresh)
        added, deleted = _apply(settings, warehouse, list(lake.files), lake.extracted)
        now = loaded(warehouse)
    is_published = now.load_seq == lake.published_load and settings.gold_path.exists()
    log.info("loaded %d rows, deleted %d", added, deleted)
    return LoadReport(added, deleted, now.load_seq, lake.extracted, not is_published)


def loaded(warehouse: duckdb.DuckDBPyConnection) -> Loaded:
    """The newest load recorded in the warehouse; number 0 before the first."""
    rows = warehouse.execute(
        "select load_seq, mark from raw.loads order by load_seq desc limit 1"
    ).fetchall()
    return Loaded(*rows[0]) if rows else Loaded(0, None)


def _create(warehouse: duckdb.DuckDBPyConnection, *, drop_first: bool) -> None:
    if drop_first:
        # a load number is never used twice: facts remember the last one they saw
        for name in (*DATASETS, "lake_files"):
            warehouse.execute(f"drop table if exists raw.{name}")
    warehouse.execute("create schema if not exists raw")
    warehouse.execute("create table if not exists raw.lake_files (path varchar, dataset varchar)")
    warehouse.execute(
        "create table if not exists raw.loads (load_seq bigint not null, loaded_at timestamptz, "
        "mark timestamptz, rows_added bigint, rows_deleted bigint)"
    )
    for name, schema in DATASETS.items():
        empty = schema.empty_table()
        warehouse.register("empty_rows", empty)
        warehouse.execute(
            f"create table if not exists raw.{name} as "
            "select *, ''::varchar as lake_file, 0::bigint as load_seq from empty_rows limit 0"
        )
        warehouse.unregister("empty_rows")


def _apply(
    settings: Settings,
    warehouse: duckdb.DuckDBPyConnection,
    files: list[LakeFile],
    mark: datetime | None,
) -> tuple[int, int]:
    live = {file.path: file for file in files}
    built = {row[0] for row in warehouse.execute("select path from raw.lake_files").fetchall()}
    gone, fresh = built - live.keys(), live.keys() - built
    last = loaded(warehouse)
    if not gone and not fresh:
        return 0, 0
    seq = last.load_seq + 1
    added = deleted = 0
    warehouse.execute("begin")
    try:
        for dataset in DATASETS:
            paths = sorted(path for path in fresh if live[path].dataset == dataset)
            deleted += _delete(warehouse, dataset, sorted(gone))
            added += _insert(settings, warehouse, dataset, paths, seq)
        warehouse.execute("delete from raw.lake_files where list_contains(?, path)", [sorted(gone)])
        for path in sorted(fresh):
            warehouse.execute(
                "insert into raw.lake_files values (?, ?)", [path, live[path].dataset]
            )
        warehouse.execute(
            "insert into raw.loads values (?, now(), ?, ?, ?)", [seq, mark, added, deleted]
        )
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise
    return added, deleted


def _delete(warehouse: duckdb.DuckDBPyConnection, dataset: str, paths: list[str]) -> int:
    """Take rows of gone files out, remembering which load first brought them."""
    key = "_id, block_index" if dataset == "content_blocks" else "_id, 0 as block_index"
    warehouse.execute(
        f"create or replace temp table moved as select {key}, load_seq from raw.{dataset} "
        "where list_contains(?, lake_file)",
        [paths],
    )
    rows = warehouse.execute("select count(*) from moved").fetchall()
    warehouse.execute(f"delete from raw.{dataset} where list_contains(?, lake_file)", [paths])
    return int(rows[0][0])


def _insert(
    settings: Settings,
    warehouse: duckdb.DuckDBPyConnection,
    dataset: str,
    paths: list[str],
    seq: int,
) -> int:
    if not paths:
        return 0
    prefix = f"{settings.lake_dir.as_posix()}/"
    key = "lake.block_index" if dataset == "content_blocks" else "0"
    columns = ", ".join(f'lake."{name}"' for name in DATASETS[dataset].names)
    # a row that only moved to another file is no news: it keeps its number
    rows = warehouse.execute(
        f"""
        insert into raw.{dataset}
        select {columns}, replace(lake.filename, ?, '') as lake_file,
            coalesce(moved.load_seq, ?) as load_seq
        from read_parquet(?, filename = true, hive_partitioning = false) as lake
        left join moved on moved._id = lake._id and moved.block_index = {key}
        """,
        [prefix, seq, [prefix + path for path in paths]],
    ).fetchall()
    return int(rows[0][0])
