"""Opens the published gold file for reading: the one way into it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from cca.errors import NotFound
from cca.settings import Settings


def open_gold(gold_path: Path) -> duckdb.DuckDBPyConnection:
    """Open the published gold file, read-only, with times in UTC.

    Raises:
        NotFound: Nothing was published yet.

    """
    if not gold_path.exists():
        raise NotFound(
            f"{gold_path} does not exist yet: nothing was published; run `cca pipeline`, or "
            "`cca usage daily --now`, which reads your transcripts first and shows the numbers"
        )
    # The resolved name: a publish moves the link, and a file that is open stays the same one.
    connection = duckdb.connect(str(gold_path.resolve()), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    return connection


def rows_of(
    gold: duckdb.DuckDBPyConnection, sql: str, bound: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Run a statement and return its rows, values by the names of the columns."""
    found = gold.execute(sql, bound)
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


@contextmanager
def reading_gold(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold the published gold file open.

    Raises:
        NotFound: Nothing was published yet.

    """
    with open_gold(settings.gold_path) as connection:
        yield connection


def is_readable(path: Path) -> bool:
    """Tells whether a gold file is there and can be opened."""
    try:
        duckdb.connect(str(path.resolve(strict=True)), read_only=True).close()
    except (OSError, duckdb.Error):
        return False
    return True
