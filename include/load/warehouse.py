"""The DuckDB warehouse: one writer at a time, the second one waits."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cca.errors import SettingError, WarehouseError
from cca.settings import Settings

log = logging.getLogger(__name__)

# The oldest file format that every reader of ours understands.
STORAGE_VERSION = "v1.2.0"
_LONGEST_WAIT_SECONDS = 120.0
# By this, behind a checksum, DuckDB knows its files.
_MARK, _MARK_AT = b"DUCK", 8


@contextmanager
def writing(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold the warehouse open for writing; wait while another process writes.

    Raises:
        WarehouseError: Another process holds it for minutes, or the file is damaged.
        SettingError: Its path is one that DuckDB or dbt cannot open.

    """
    settings.require_usable_paths()
    path = settings.warehouse_path
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _open(path)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def delete(settings: Settings) -> None:
    """Delete the warehouse, to build it again.

    Raises:
        SettingError: DUCKDB_PATH names a file that no DuckDB wrote: it is not ours to delete.

    """
    path = settings.warehouse_path
    if settings.duckdb_path and path.exists() and not _is_of_duckdb(path):
        raise SettingError(
            f"DUCKDB_PATH: {path} is no file of DuckDB's; name another one, or delete it yourself"
        )
    for one in (path, path.with_name(f"{path.name}.wal")):
        one.unlink(missing_ok=True)


def _is_of_duckdb(path: Path) -> bool:
    """Tell whether a file begins as DuckDB's do, or holds nothing."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_MARK_AT + len(_MARK))
    return not head or head[_MARK_AT:] == _MARK


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return _connect(path)
    except duckdb.IOException as error:
        if not _is_locked(error):
            message = f"{path}: {error}; `cca rebuild warehouse` builds it again"
            raise WarehouseError(message) from error
    log.debug("waiting for the warehouse")
    return _open_when_free(path)


def _open_when_free(path: Path) -> duckdb.DuckDBPyConnection:
    from tenacity import (  # noqa: PLC0415  (it imports tornado; mostly nobody has to wait)
        Retrying,
        retry_if_exception,
        stop_after_delay,
        wait_exponential,
    )

    retrying = Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(_LONGEST_WAIT_SECONDS),
        wait=wait_exponential(multiplier=0.1, max=2),
        reraise=True,
    )
    try:
        return retrying(_connect, path)
    except duckdb.IOException as error:
        message = f"{path} is held by another process: {error}; end it, or set DUCKDB_PATH"
        raise WarehouseError(message) from error


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE_VERSION})


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "lock" in str(error).lower()
