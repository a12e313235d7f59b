"""Copies the published gold file into a DuckLake: a catalog and Parquet files that many can read.

One transaction is one snapshot: a reader sees all old rows, and after it all new ones. A mart whose
rows are the same as in the copy before is left as it is.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb

from cca.errors import ServiceDown
from cca.extras import GOLD_DUCKLAKE
from cca.gold import state
from cca.locks import held
from cca.publish.comments import comments
from cca.publish.copying import columns_of, copy_of, extension_file, load_extension, where
from cca.settings import Settings
from cca.sql import literal

log = logging.getLogger(__name__)

# How long a past copy can be read; its files are deleted by the copy after that.
_KEPT = timedelta(days=1)
# What catalogs and stores need, where its wheel is installed; else DuckDB loads its own.
_FURTHER = {
    "postgres:": "postgres_scanner", "sqlite:": "sqlite_scanner", "mysql:": "mysql_scanner",
    "s3://": "httpfs", "gs://": "httpfs", "r2://": "httpfs", "https://": "httpfs",
}  # fmt: skip


def is_set(settings: Settings) -> bool:
    """Tells whether a DuckLake is set."""
    return bool(settings.gold_ducklake_uri)


def is_due(settings: Settings) -> bool:
    """Tells whether that DuckLake lacks what is published: a copy failed, or the setting is new."""
    if not is_set(settings) or not settings.gold_path.exists():
        return False
    return state.read(settings).ducklake_copy != copy_of(settings, _place(settings))


def copy_newest(settings: Settings) -> None:
    """Copy what is published; copies run one after the other, so a slow one brings no old rows."""
    with held(settings.gold_dir / "ducklake.lock"):
        published, place = state.read(settings), where(_place(settings))
        before = published.ducklake_tables.get(place, {})
        tables = copy_gold(settings, settings.gold_path.resolve(), before)
        state.update(
            settings,
            ducklake_copy=copy_of(settings, _place(settings)),
            ducklake_tables={**published.ducklake_tables, place: tables},
        )


def copy_gold(settings: Settings, gold: Path, before: Mapping[str, str]) -> dict[str, str]:
    """Copy the tables and return the digest of each; `before` are those of the last copy.

    A table of the last copy that gold has no more is dropped; tables of others stay.

    Raises:
        ServiceDown: The DuckLake does not take them; the old rows stay.
        SettingError: DuckDB lacks its ducklake extension.

    """
    with duckdb.connect() as connection:
        load_extension(connection, GOLD_DUCKLAKE, "ducklake", "GOLD_DUCKLAKE_URI")
        try:
            _attach(connection, settings)
            connection.execute(f"attach {literal(str(gold))} as gold (read_only)")
            digests, written = _copy_marts(connection, before)
            _expire(connection, _KEPT)
        except duckdb.Error as error:
            message = f"{gold.name} is published, but was not copied to DuckLake: "
            raise ServiceDown(message + _without_address(error, settings)) from None
    log.info("copied %d tables of %s to DuckLake, %d changed", len(digests), gold.name, written)
    return digests


def forget_past(settings: Settings) -> None:
    """Delete all past copies with their files; only what is published stays.

    Raises:
        ServiceDown: The DuckLake does not answer.
        SettingError: DuckDB lacks its ducklake extension.

    """
    if not is_set(settings):
        return
    with held(settings.gold_dir / "ducklake.lock"), duckdb.connect() as connection:
        load_extension(connection, GOLD_DUCKLAKE, "ducklake", "GOLD_DUCKLAKE_URI")
        try:
            _attach(connection, settings)
            _expire(connection, timedelta(0))
        except duckdb.Error as error:
            message = "past copies in DuckLake were not deleted: "
            raise ServiceDown(message + _without_address(error, settings)) from None


def _attach(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    place = _place(settings)
    for part, package in _FURTHER.items():
        if part in place and (file := extension_file(f"duckdb_extension_{package}")):
            connection.load_extension(file)
    data = settings.gold_ducklake_data
    options = f" (data_path {literal(data)})" if data else ""
    catalog = settings.gold_ducklake_uri.removeprefix("ducklake:")
    connection.execute(f"attach {literal(f'ducklake:{catalog}')} as lake{options}")


def _copy_marts(
    connection: duckdb.DuckDBPyConnection, before: Mapping[str, str]
) -> tuple[dict[str, str], int]:
    """Return the digest of each mart, and how many were written."""
    digests = {name: _digest(connection, name) for name in columns_of(connection, "gold")}
    connection.execute("begin")
    connection.execute("create schema if not exists lake.marts")
    there = columns_of(connection, "lake").keys()
    for name in before.keys() - digests.keys():
        connection.execute(f'drop table if exists lake.marts."{name}"')
    changed = [name for name in digests if name not in there or digests[name] != before.get(name)]
    for name in changed:
        has_shape = name in there and _shape(digests[name]) == _shape(before.get(name, ""))
        _write(connection, name, has_shape=has_shape)
    connection.execute("commit")
    return digests, len(changed)


def _write(connection: duckdb.DuckDBPyConnection, name: str, *, has_shape: bool) -> None:
    table, rows = f'lake.marts."{name}"', f'from gold.marts."{name}"'
    if has_shape:
        connection.execute(f"delete from {table}")
        connection.execute(f"insert into {table} {rows}")
        return
    connection.execute(f"drop table if exists {table}")
    connection.execute(f"create table {table} as {rows}")
    for statement in comments(connection, "gold", {name: table}):
        connection.execute(statement)


def _digest(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Name the shape and the rows of a mart: columns with their comments, then what they hold."""
    shape = connection.execute(
        "select md5(string_agg(concat_ws(' ', column_name, data_type, comment), ';' "
        "order by column_index)) from duckdb_columns() "
        "where database_name = 'gold' and schema_name = 'marts' and table_name = $1",
        [name],
    ).fetchall()[0][0]
    # The order of rows says nothing, and sums of hashes tell equal rows apart from missing ones.
    query = (
        "select count(*) || '.' || coalesce(sum(hash(mart)::hugeint), 0) from gold.marts.{} as mart"
    )
    rows = connection.execute(query.format(f'"{name}"')).fetchall()[0][0]
    return f"{shape}@{duckdb.__version__} {rows}"


def _shape(digest: str) -> str:
    return digest.split("@", maxsplit=1)[0]


def _expire(connection: duckdb.DuckDBPyConnection, kept: timedelta) -> None:
    """Delete snapshots older than that; the newest one always stays."""
    since = f"now() - interval {kept.total_seconds():.0f} second"
    connection.execute(f"call ducklake_expire_snapshots('lake', older_than => {since})")
    connection.execute(f"call ducklake_cleanup_old_files('lake', older_than => {since})")


def _place(settings: Settings) -> str:
    return f"{settings.gold_ducklake_uri} {settings.gold_ducklake_data}"


def _without_address(error: duckdb.Error, settings: Settings) -> str:
    """DuckDB may name the whole address, with its password."""
    catalog = settings.gold_ducklake_uri.removeprefix("ducklake:")
    inner = catalog.split(":", maxsplit=1)[-1]
    text = str(error).replace(catalog, "GOLD_DUCKLAKE_URI")
    return text.replace(inner, "GOLD_DUCKLAKE_URI") if inner else text
