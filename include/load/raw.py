"""Bring `raw.*` to what the lake's manifest lists: rows of gone files out, of new files in."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from cca.lake.manifest import LakeFile, Manifest
from cca.lake.store import LONG_COLUMNS, Lake, holding
from cca.load.warehouse import is_readable, writing
from cca.records import DATASETS, raw_schema
from cca.settings import Settings
from cca.transform.dbt import rules_digest

_LOADED = {"lake_file": "lake_file varchar", "load_seq": "load_seq bigint"}
# asked of DuckDB instead, it would import pandas, which takes longer than an hourly load
_DUCKDB_TYPES = {
    pa.string(): "varchar",
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamptz",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadReport:
    """Rows that came and went, not those that only moved between files.

    `is_changed` while gold does not hold this load, made by the present rules.
    """

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
    # the lake is held, so that no extract removes files that are being read
    with holding(settings, storage_format) as lake:
        return load_state(settings, lake, lake.read(), full_refresh=full_refresh)


def load_state(
    settings: Settings, lake: Lake, state: Manifest, *, full_refresh: bool = False
) -> LoadReport:
    """Bring raw to a state of the lake: the present one, or one of its past."""
    with writing(settings) as warehouse:
        # a second thread shortens it little and costs half as much again
        warehouse.execute("set threads = 1")
        prepare(warehouse, drop_first=full_refresh)
        added, deleted = _apply(lake, warehouse, state)
        now = loaded(warehouse)
        # a warehouse that was deleted counts its loads from one again, and has built none
        is_built = built(warehouse).load_seq == now.load_seq
    is_published = (
        is_built
        and now.load_seq == state.published_load
        and state.published_rules == rules_digest(settings)
        and is_readable(settings.gold_path)
    )
    log.info("loaded %d rows, deleted %d", added, deleted)
    return LoadReport(added, deleted, now.load_seq, state.extracted, not is_published)


def loaded(warehouse: duckdb.DuckDBPyConnection) -> Loaded:
    """The newest load recorded in the warehouse; number 0 before the first."""
    rows = warehouse.execute(
        "select load_seq, mark from raw.loads order by load_seq desc limit 1"
    ).fetchall()
    return Loaded(*rows[0]) if rows else Loaded(0, None)


def built(warehouse: duckdb.DuckDBPyConnection) -> Loaded:
    """The load that the last whole dbt build was made from; number 0 where there was none."""
    prepare(warehouse)
    rows = warehouse.execute(
        "select load_seq, mark from raw.loads join raw.builds using (load_seq) "
        "order by built_at desc limit 1"
    ).fetchall()
    return Loaded(*rows[0]) if rows else Loaded(0, None)


def prepare(warehouse: duckdb.DuckDBPyConnection, *, drop_first: bool = False) -> None:
    """Make the raw tables, or add the columns that they lack."""
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
    # dbt writes it when a build of every model went well: what the marts are made from
    warehouse.execute(
        "create table if not exists raw.builds (load_seq bigint not null, built_at timestamptz)"
    )
    for name in DATASETS:
        wanted = {field.name: _definition(field) for field in raw_schema(name)} | _LOADED
        warehouse.execute(f"create table if not exists raw.{name} ({', '.join(wanted.values())})")
        has = _columns(warehouse, f"raw.{name}")
        for column in wanted.keys() - has:
            warehouse.execute(f"alter table raw.{name} add column {wanted[column]}")
        for column in has - wanted.keys():
            warehouse.execute(f'alter table raw.{name} drop column "{column}"')


def _definition(field: pa.Field) -> str:
    # DuckDB chooses by speed alone; zstd holds long texts in a sixth of it at the same cost
    compressed = " using compression zstd" * (field.name in LONG_COLUMNS - {"_id"})
    return f'"{field.name}" {_DUCKDB_TYPES[field.type]}' + compressed


def _columns(warehouse: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    return {row[0] for row in warehouse.execute(f"describe {relation}").fetchall()}


def _apply(lake: Lake, warehouse: duckdb.DuckDBPyConnection, state: Manifest) -> tuple[int, int]:
    live = {file.path: file for file in state.files}
    built = {row[0] for row in warehouse.execute("select path from raw.lake_files").fetchall()}
    gone, fresh = sorted(built - live.keys()), sorted(live.keys() - built)
    if not gone and not fresh:
        return 0, 0
    seq = loaded(warehouse).load_seq + 1
    added = deleted = 0
    warehouse.execute("begin")
    try:
        for dataset in DATASETS:
            taken_out = _delete(warehouse, dataset, gone)
            files = [live[path] for path in fresh if live[path].dataset == dataset]
            new, moved = _insert(lake, warehouse, dataset, files, seq)
            added += new
            deleted += taken_out - moved
        warehouse.execute(
            f"delete from raw.lake_files where path in (select unnest({_listed(gone)}))"
        )
        datasets = _listed(live[path].dataset for path in fresh)
        warehouse.execute(
            f"insert into raw.lake_files select unnest({_listed(fresh)}), unnest({datasets})"
        )
        # rows that only moved between files are no load: nothing has to be built anew
        if added or deleted:
            mark = f"timestamptz '{state.extracted}'" if state.extracted else "null"
            warehouse.execute(
                f"insert into raw.loads values ({seq}, now(), {mark}, {added}, {deleted})"
            )
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise
    return added, deleted


def _delete(warehouse: duckdb.DuckDBPyConnection, dataset: str, paths: list[str]) -> int:
    """Take rows of gone files out, remembering which load first brought them, and as what."""
    key = "_id, block_index" if dataset == "content_blocks" else "_id, 0 as block_index"
    is_gone = f"lake_file in (select unnest({_listed(paths)}))"
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
    """(new rows, moved rows) of new files; remote ones pass through Arrow, one after the other."""
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
            # it does not always say which file it was
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
    # files from before a column was added lack it
    columns = ", ".join(f'"{name}"' if name in has else f'null as "{name}"' for name in names)
    key = "rows.block_index" if dataset == "content_blocks" else "0"
    # a row that only moved to another file is no news: it keeps its number
    moved = f"""
        left join moved on moved._id = rows._id and moved.block_index = {key}
            and moved.was = hash(row({_quoted(names, "rows")}))
    """
    sources, paths = _listed(by_source), _listed(by_source.values())
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


def _listed(texts: Iterable[str]) -> str:
    """A list as SQL writes it: a parameter would import pandas, as a type would."""
    quoted = ("'" + text.replace("'", "''") + "'" for text in texts)
    return f"[{', '.join(quoted)}]::varchar[]"


def _quoted(names: list[str], relation: str = "") -> str:
    return ", ".join(f'{relation}."{name}"' if relation else f'"{name}"' for name in names)


def _same(file: LakeFile) -> pa.Array:
    return pa.array([file.path] * file.rows, pa.string())
