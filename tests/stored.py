"""Which files hold a text, those that compress it included."""

import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

_DUCKDB_MAGIC = (8, b"DUCK")


def files_with(folder: Path, text: str) -> list[str]:
    """Return the paths below the folder whose bytes, rows or tables hold the text."""
    found = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sorted(path.relative_to(folder).as_posix() for path in found if holds(path, text))


def holds(path: Path, text: str) -> bool:
    """Return whether a file holds the text: as it is, in a Parquet row or in a DuckDB table."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        # What runs beside the test has deleted it since it was listed.
        return False
    if text.encode() in stored:
        return True
    if stored[:4] == b"PAR1":
        return text in repr(pq.ParquetFile(path).read().to_pylist())
    start, magic = _DUCKDB_MAGIC
    return stored[start : start + len(magic)] == magic and _is_in_tables(path, text)


def _is_in_tables(path: Path, text: str) -> bool:
    with duckdb.connect(str(path), read_only=True) as database:
        tables = database.execute(
            'select format(\'"{}"."{}"\', schema_name, table_name) from duckdb_tables()'
        ).fetchall()
        return any(
            database.execute(
                f"select 1 from {table} as row where contains(row::varchar, ?) limit 1",
                [text],
            ).fetchone()
            for (table,) in tables
        )
