"""What differs between two gold files: which tables hold other rows than before."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from cca.sql import literal

_Content = tuple[int, int]


@dataclass(frozen=True)
class TableChange:
    """A table of the newer file: its rows, and whether they are those of the older file."""

    rows: int
    is_changed: bool


def changes(older: Path | None, newer: Path) -> dict[str, TableChange]:
    """Return every table of the newer gold file; without an older one all of them are changed.

    Rows are compared by the sum of their hashes, so their order does not count.
    """
    before = _contents(older) if older and older.exists() else {}
    return {
        name: TableChange(content[0], content != before.get(name))
        for name, content in _contents(newer).items()
    }


def _contents(path: Path) -> dict[str, _Content]:
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(path))} as gold (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'gold' and schema_name = 'marts' order by table_name"
        ).fetchall()
        return {name: _content(connection, name) for (name,) in tables}


def _content(connection: duckdb.DuckDBPyConnection, name: str) -> _Content:
    rows, digest = connection.execute(
        f'select count(*), coalesce(sum(hash(t)::hugeint), 0) from gold.marts."{name}" as t'
    ).fetchall()[0]
    return int(rows), int(digest)
