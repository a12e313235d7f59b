"""Brings a copy of the published file to what the marts hold now: most rows stay as they are.

A few new lines change the rows of their sessions and of their days. To compare all rows by a hash
costs a third of what writing them does. What deleted rows held stays in the file's pages, so a file
that must forget something is written whole (`rebuild_warehouse` asks for it).
"""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb

from cca.errors import WarehouseError
from cca.publish import masking
from cca.publish.copying import columns_of
from cca.sql import literal

log = logging.getLogger(__name__)

# What parts a mart: the first of these that it has; a mart without one is a single part.
_PARTS = ("session_id", "day")
# Different values of these types have one hash, such as NULL and [NULL], or 30 days and a month.
_HASHED_ALIKE = ("[", "STRUCT", "MAP", "INTERVAL")
# A column of this name would be hashed instead of the row.
_ROW = "cca_the_row_to_hash"


def renew(
    warehouse: duckdb.DuckDBPyConnection, names: Iterable[str], previous: Path, building: Path
) -> bool:
    """Make `building` of the previous file; False where it cannot be, and has to be written whole.

    Raises:
        WarehouseError: A renewed mart has another number of rows than the warehouse's.

    """
    source = warehouse.execute("select current_database()").fetchall()[0][0]
    shutil.copyfile(previous, building)
    try:
        warehouse.execute(f"attach {literal(str(building))} as gold")
        wanted = columns_of(warehouse, source)
        if columns_of(warehouse, "gold") != {name: wanted[name] for name in names}:
            return False
        for name in names:
            _renew_mart(warehouse, f'"{source}".marts."{name}"', f'gold.marts."{name}"')
        warehouse.execute("checkpoint gold")
    except duckdb.Error as error:
        log.warning("gold is written whole, as %s cannot be renewed: %s", previous, error)
        return False
    finally:
        warehouse.execute("detach database if exists gold")
    return True


def _renew_mart(warehouse: duckdb.DuckDBPyConnection, mart: str, table: str) -> None:
    described = {name: kind for name, kind, *_ in warehouse.execute(f"describe {mart}").fetchall()}
    is_compared = not any(word in kind for kind in described.values() for word in _HASHED_ALIKE)
    part = next((name for name in _PARTS if is_compared and name in described), None)
    selection = masking.selection(warehouse, mart)
    # Without a digest all is a single part that differs.
    digest = f"sum(hash({_ROW}))" if is_compared else None
    changed, row_count = _changed_parts(warehouse, selection, table, part, digest)
    if not changed:
        return
    where = "true"
    if part:
        # Constants are looked for in the tables that a view reads, a list of them in its rows.
        values = ", ".join(literal(str(value)) for value in changed if value is not None)
        where = f"{part} in ({values or 'null'})" + f" or {part} is null" * (None in changed)
    warehouse.execute(
        f"begin; delete from {table} where {where}; "
        f"insert into {table} select * from ({selection}) where {where}; commit"
    )
    stored = warehouse.execute(f"select count(*) from {table}").fetchall()[0][0]
    if stored != row_count:
        message = f"{mart}: {row_count} rows in the warehouse, {stored} in the renewed file"
        raise WarehouseError(f"{message}; not published")


def _changed_parts(
    warehouse: duckdb.DuckDBPyConnection,
    selection: str,
    table: str,
    part: str | None,
    digest: str | None,
) -> tuple[list[object], int]:
    """Return the parts whose rows differ, by number or by digest, and all rows to be."""
    rows = " union all ".join(
        f"select {part or 'true'} as part, {is_new} as is_new, count(*) as row_count, "
        f"{digest or is_new} as digest from ({relation}) as {_ROW} group by all"
        for is_new, relation in ((True, selection), (False, f"select * from {table}"))
    )
    found = warehouse.execute(
        f"with parts as materialized ({rows}) "
        "select distinct part, (select sum(row_count) from parts where is_new) from parts "
        "group by part, row_count, digest having count(*) = 1"
    ).fetchall()
    return [part for part, _ in found], int(found[0][1] or 0) if found else 0
