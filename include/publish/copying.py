"""What the copies of gold in other databases share: extensions, tables, and what was copied."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import duckdb

from cca.errors import SettingError
from cca.extras import Extra
from cca.settings import Settings
from cca.sql import literal


def load_extension(
    connection: duckdb.DuckDBPyConnection, extra: Extra, name: str, setting: str
) -> None:
    """Load an extension of DuckDB: from the wheel of its version, else a downloaded one.

    Raises:
        SettingError: There is none.

    """
    try:
        connection.load_extension(extension_file(extra.package) or name)
    except duckdb.Error as error:
        message = (
            f"{setting} is set, but DuckDB {duckdb.__version__} lacks its {name} "
            f"extension: {extra.how_to_install}"
        )
        raise SettingError(message) from error


def extension_file(package: str) -> str | None:
    """Return the extension that a wheel holds for this DuckDB; None without such a wheel."""
    wheel = find_spec(package)
    folder = Path(wheel.origin or "").parent if wheel else Path()
    files = folder.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension") if wheel else ()
    return next((str(file) for file in files), None)


def columns_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Return columns and their types of each mart."""
    # DuckDB would import pandas for parameters.
    rows = connection.execute(
        "select table_name, column_name || ' ' || data_type from duckdb_columns() "
        f"where database_name = {literal(database)} and schema_name = 'marts' "
        "order by table_name, column_index"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def copy_of(settings: Settings, address: str) -> str:
    """Name the published file and where it was copied to, without telling the address."""
    return f"{settings.gold_path.resolve().name} {where(address)}"


def where(address: str) -> str:
    """Name an address, which may hold a password, by its digest."""
    return hashlib.blake2b(address.encode(), digest_size=8).hexdigest()
