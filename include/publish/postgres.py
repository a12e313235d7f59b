"""Copy the published gold file into Postgres, for readers who do not see its folder.

One transaction: who reads meanwhile sees the old rows, all of them, and then all of the new ones.
"""

import hashlib
import logging
from importlib.util import find_spec
from pathlib import Path

import duckdb

from cca.errors import ServiceDown, SettingError
from cca.extras import GOLD_POSTGRES
from cca.files import held, replace_file
from cca.publish.comments import Described, comments
from cca.settings import Settings

log = logging.getLogger(__name__)


def copy_newest(settings: Settings) -> None:
    """Copy what is published; one copier after the other, so that a slow one brings no old rows."""
    with held(settings.gold_dir / "postgres.lock"):
        copy_gold(settings, settings.gold_path.resolve())
        replace_file(_note_path(settings), _note(settings))


def is_due(settings: Settings) -> bool:
    """Whether that Postgres lacks what is published: a copy failed, or it was named since."""
    if not settings.gold_postgres_uri or not settings.gold_path.exists():
        return False
    path = _note_path(settings)
    return not path.exists() or path.read_text() != _note(settings)


def copy_gold(settings: Settings, gold: Path) -> int:
    """The number of tables copied; the tables of an earlier copy keep grants, indexes and views."""
    address = settings.gold_postgres_uri
    with duckdb.connect() as connection:
        load_extension(connection)
        # Postgres takes no NUL in a text
        connection.execute("set pg_null_byte_replacement = ''")
        try:
            connection.execute(f"attach {_text(address)} as readers (type postgres)")
            connection.execute(f"attach {_text(str(gold))} as gold (read_only)")
            names = _copy_marts(connection)
        except duckdb.Error as error:
            # DuckDB names the whole address, with its password
            reason = str(error).replace(address, "GOLD_POSTGRES_URI")
            message = f"{gold.name} is published, but was not copied to Postgres: {reason}"
            raise ServiceDown(message) from None
    log.info("copied %d tables of %s to Postgres", names, gold.name)
    return names


def load_extension(connection: duckdb.DuckDBPyConnection) -> None:
    """From the wheel of this DuckDB's version, else one that DuckDB downloaded itself."""
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


def _copy_marts(connection: duckdb.DuckDBPyConnection) -> int:
    wanted, there = _tables(connection, "gold"), _tables(connection, "readers")
    connection.execute("begin")
    connection.execute("create schema if not exists readers.marts")
    for name, columns in wanted.items():
        table, rows = f'readers.marts."{name}"', f'from gold.marts."{name}"'
        if columns == there.get(name):
            connection.execute(f"delete from {table}")
            connection.execute(f"insert into {table} {rows}")
            continue
        # a view that somebody made of it would not fit: Postgres says which, and nothing changes
        connection.execute(f"drop table if exists {table}")
        connection.execute(f"create table {table} as {rows}")
        said = ";".join(comments(f'marts."{name}"', _described(connection, name)))
        connection.execute("call postgres_execute('readers', $1)", [said])
    connection.execute("commit")
    return len(wanted)


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Columns and their types of each mart."""
    rows = connection.execute(
        "select table_name, column_name || ' ' || data_type from duckdb_columns() "
        "where database_name = $1 and schema_name = 'marts' order by table_name, column_index",
        [database],
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def _described(connection: duckdb.DuckDBPyConnection, name: str) -> Described:
    """What dbt says of a mart, as the gold file keeps it."""
    where = "where database_name = 'gold' and schema_name = 'marts' and table_name = $1"
    ((about,),) = connection.execute(
        f"select coalesce(comment, '') from duckdb_tables() {where}", [name]
    ).fetchall()
    columns = connection.execute(
        f"select column_name, comment from duckdb_columns() {where} and comment is not null", [name]
    ).fetchall()
    return Described(about, dict(columns))


def _note_path(settings: Settings) -> Path:
    return settings.gold_dir / "in-postgres"


def _note(settings: Settings) -> str:
    where = hashlib.blake2b(settings.gold_postgres_uri.encode(), digest_size=8).hexdigest()
    return f"{settings.gold_path.resolve().name} {where}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
