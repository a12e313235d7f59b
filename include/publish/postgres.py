"""Copies the published gold file into Postgres, for readers who do not see its folder.

One transaction: a reader sees all old rows, and after it all new ones.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

import duckdb

from cca.errors import ServiceDown
from cca.extras import GOLD_POSTGRES
from cca.gold import state
from cca.locks import held
from cca.publish.comments import comments
from cca.publish.copying import columns_of, copy_of, load_extension, where
from cca.settings import Settings
from cca.sql import literal

log = logging.getLogger(__name__)


def is_set(settings: Settings) -> bool:
    """Tells whether a Postgres is set."""
    return bool(settings.gold_postgres_uri)


def copy_newest(settings: Settings) -> None:
    """Copy what is published; copies run one after the other, so a slow one brings no old rows."""
    with held(settings.gold_dir / "postgres.lock"):
        published, place = state.read(settings), where(settings.gold_postgres_uri)
        copied = published.postgres_tables.get(place, [])
        removed = sorted(set(copied) - set(published.tables))
        copy_gold(settings, settings.gold_path.resolve(), removed)
        state.update(
            settings,
            postgres_copy=copy_of(settings, settings.gold_postgres_uri),
            postgres_tables={**published.postgres_tables, place: list(published.tables)},
        )


def is_due(settings: Settings) -> bool:
    """Tells whether that Postgres lacks what is published: a copy failed, or the setting is new."""
    if not is_set(settings) or not settings.gold_path.exists():
        return False
    return state.read(settings).postgres_copy != copy_of(settings, settings.gold_postgres_uri)


def copy_gold(settings: Settings, gold: Path, removed: Iterable[str] = ()) -> int:
    """Copy the tables and return their number; existing tables keep grants, indexes and views.

    `removed` are the tables of an earlier copy that are to go, unless this gold file has them.

    Raises:
        ServiceDown: Postgres does not take them; the old rows stay.
        SettingError: DuckDB lacks its postgres extension.

    """
    address = settings.gold_postgres_uri
    with duckdb.connect() as connection:
        load_extension(connection, GOLD_POSTGRES, "postgres", "GOLD_POSTGRES_URI")
        # Postgres takes no NUL in a text.
        connection.execute("set pg_null_byte_replacement = ''")
        try:
            connection.execute(f"attach {literal(address)} as readers (type postgres)")
            connection.execute(f"attach {literal(str(gold))} as gold (read_only)")
            names = _copy_marts(connection, removed)
        except duckdb.Error as error:
            # DuckDB names the whole address, with its password.
            reason = str(error).replace(address, "GOLD_POSTGRES_URI")
            message = f"{gold.name} is published, but was not copied to Postgres: {reason}"
            raise ServiceDown(message) from None
    log.info("copied %d tables of %s to Postgres", names, gold.name)
    return names


def _copy_marts(connection: duckdb.DuckDBPyConnection, removed: Iterable[str]) -> int:
    wanted, there = columns_of(connection, "gold"), columns_of(connection, "readers")
    connection.execute("begin")
    connection.execute("create schema if not exists readers.marts")
    for name in set(removed) - wanted.keys():
        connection.execute(f'drop table if exists readers.marts."{name}"')
    for name, columns in wanted.items():
        table, rows = f'readers.marts."{name}"', f'from gold.marts."{name}"'
        if columns == there.get(name):
            connection.execute(f"delete from {table}")
            connection.execute(f"insert into {table} {rows}")
            continue
        # A view that somebody made of it would not fit: Postgres says which, and nothing changes.
        connection.execute(f"drop table if exists {table}")
        connection.execute(f"create table {table} as {rows}")
        said = ";".join(comments(connection, "gold", {name: f'marts."{name}"'}))
        connection.execute("call postgres_execute('readers', $1)", [said])
    connection.execute("commit")
    return len(wanted)
