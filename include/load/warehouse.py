"""The DuckDB warehouse: one writer at a time, whoever comes second waits."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cca.errors import NotFound, WarehouseError
from cca.settings import Settings

log = logging.getLogger(__name__)

# the oldest file format that every reader of ours understands
STORAGE_VERSION = "v1.2.0"
_LONGEST_WAIT_SECONDS = 120.0


@contextmanager
def writing(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, open for writing; waits while another process writes."""
    path = settings.warehouse_path
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _open(path)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def reading_gold(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published gold file, read-only; NotFound before the first publish."""
    path = settings.gold_path
    if not path.exists():
        raise NotFound(f"no gold file at {path} yet: run `cca pipeline` first")
    # the resolved name: a flip of the link must not change a file under an open connection
    connection = duckdb.connect(str(path.resolve()), read_only=True)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def is_readable(path: Path) -> bool:
    """Whether the gold file is there and can be opened."""
    try:
        duckdb.connect(str(path.resolve(strict=True)), read_only=True).close()
    except (OSError, duckdb.Error):
        return False
    return True


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    pause = 0.1
    while True:
        try:
            return duckdb.connect(
                str(path), config={"storage_compatibility_version": STORAGE_VERSION}
            )
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise WarehouseError(
                    f"{path}: {error}; `cca rebuild warehouse` makes it anew"
                ) from error
            if time.monotonic() > deadline:
                message = f"{path} is held by another process: {error}; end it, or set DUCKDB_PATH"
                raise WarehouseError(message) from error
            log.debug("waiting for the warehouse")
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
