"""Copies the published gold file into Postgres, for readers who do not see its folder.

One transaction: a reader sees all old rows, and after it all new ones.
"""

import hashlib
import logging
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import duckdb

from cca.errors import ServiceDown, SettingError
from cca.extras import GOLD_POSTGRES
from cca.gold import state
from cca.locks import held
from cca.publish.comments import comments
from cca.settings import Settings
from cca.sql import literal

log = logging.getLogger(__name__)


def copy_newest(settings: Settings) -> None:
    """Copy what is published; copies run one after the other, so a slow one brings no old rows."""
    with held(settings.gold_dir / "postgres.lock"):
        published, where = state.read(settings), _where(settings)
        copied = published.postgres_tables.get(where, [])
        removed = sorted(set(copied) - set(published.tables))
        copy_gold(settings, settings.gold_path.resolve(), removed)
        tables = {**published.postgres_tables, where: list(published.tables)}
        state.update(settings, postgres_copy=_copy_of(settings), postgres_tables=tables)


def is_due(settings: Settings) -> bool:
    """Tells whether that Postgres lacks what is published: a copy failed, or the setting is new."""
    if not settings.gold_postgres_uri or not settings.gold_path.exists():
        return False
    return state.read(settings).postgres_copy != _copy_of(settings)


def copy_gold(settings: Settings, gold: Path, removed: Iterable[str] = ()) -> int:
    """Copy the tables and return their number; existing tables keep grants, indexes and views.

    `removed` are the tables of an earlier copy that are to go, unless this gold file has them.

    Raises:
        ServiceDown: Postgres does not take them; the old rows stay.
        SettingError: DuckDB lacks its postgres extension.

    """
    address = settings.gold_postgres_uri
    with duckdb.connect() as connection:
        load_extension(connection)
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


def load_extension(connection: duckdb.DuckDBPyConnection) -> None:
    """Load DuckDB's postgres extension: from the wheel of its version, else a downloaded one.

    Raises:
        SettingError: There is none.

    """
    wheel = find_spec(GOLD_POSTGRES.package)
    folder = Path(wheel.origin or "").parent if wheel else Path()
    files = folder.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension") if wheel else ()
    try:
        connection.load_extension(next((str(file) for file in files), "postgres"))
    except duckdb.Error as error:
        message = (
            f"GOLD_POSTGRES_URI is set, but DuckDB {duckdb.__version__} lacks its postgres "
            f"extension: {GOLD_POSTGRES.how_to_install}"
        )
        raise SettingError(message) from error


def _copy_marts(connection: duckdb.DuckDBPyConnection, removed: Iterable[str]) -> int:
    wanted, there = _tables(connection, "gold"), _tables(connection, "readers")
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
        said = ";".join(comments(connection, "gold", name, f'marts."{name}"'))
        connection.execute("call postgres_execute('readers', $1)", [said])
    connection.execute("commit")
    return len(wanted)


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Return columns and their types of each mart."""
    rows = connection.execute(
        "select table_name, column_name || ' ' || data_type from duckdb_columns() "
        "where database_name = $1 and schema_name = 'marts' order by table_name, column_index",
        [database],
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def _copy_of(settings: Settings) -> str:
    """Name the published file and the Postgres, without telling the address."""
    return f"{settings.gold_path.resolve().name} {_where(settings)}"


def _where(settings: Settings) -> str:
    return hashlib.blake2b(settings.gold_postgres_uri.encode(), digest_size=8).hexdigest()
