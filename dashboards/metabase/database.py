"""The gold file as Metabase's database: its place, its tables, what dbt says of each column."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cca.dashboards.metabase.boards import FIELDS
from cca.errors import ServiceDown
from cca.publish.metabase import DATABASE_NAME, Metabase, details, find_database
from cca.settings import Settings

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Mart:
    """A table of the gold file: its description and those of its columns."""

    about: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Database:
    """Metabase's number for the database, and for the columns of its tables."""

    id: int
    fields: dict[tuple[str, str], int]


def marts(gold: Path) -> dict[str, Mart]:
    """Every table of the gold file, with the comments that publishing gave it."""
    with duckdb.connect(str(gold), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, coalesce(comment, '') from duckdb_tables() "
            "where schema_name = 'marts'"
        ).fetchall()
        columns = connection.execute(
            "select table_name, column_name, coalesce(comment, '') from duckdb_columns() "
            "where schema_name = 'marts'"
        ).fetchall()
    return {
        name: Mart(about, {column: text for table, column, text in columns if table == name})
        for name, about in tables
    }


def ensure_database(metabase: Metabase, settings: Settings, gold: Path, *, send: bool) -> str:
    """Make the database, or point it to this gold file; what was done, or would be."""
    wanted = details(settings, gold)
    if (found := find_database(metabase)) is None:
        body = {"name": DATABASE_NAME, "engine": "duckdb", "details": wanted, "is_full_sync": True}
        metabase.post("/api/database", body)
        return "created"
    have = found.get("details") or {}
    if all(have.get(name) == value for name, value in wanted.items()):
        return "unchanged"
    if send:
        metabase.put(f"/api/database/{found['id']}", {"details": wanted})
    return "updated"


def read_tables(
    metabase: Metabase, known: dict[str, Mart], wait_seconds: float, say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Metabase's tables by name, once it has read all of the gold file; no wait, no asking."""
    deadline = time.monotonic() + wait_seconds
    is_asked = not wait_seconds
    while True:
        tables = _tables(metabase)
        if not (missing := _missing(known, tables)):
            return tables
        if not is_asked:
            metabase.post(f"/api/database/{_id(metabase)}/sync_schema")
            is_asked = True
        if time.monotonic() >= deadline:
            message = (
                f"Metabase at {metabase.url} has not read {', '.join(missing[:3])} of the gold "
                "file; does it see that file (METABASE_GOLD_DIR), and has it the DuckDB driver?"
            )
            raise ServiceDown(message)
        say(f"Metabase reads the tables: {len(missing)} to come")
        time.sleep(_POLL_SECONDS)


def database_of(metabase: Metabase, tables: dict[str, dict[str, Any]]) -> Database:
    """The database with the numbers of its columns."""
    fields = {
        (table, field["name"]): int(field["id"])
        for table, found in tables.items()
        for field in found["fields"]
    }
    return Database(_id(metabase), fields)


def describe(
    metabase: Metabase, known: dict[str, Mart], tables: dict[str, dict[str, Any]], *, send: bool
) -> int:
    """Bring dbt's descriptions, and lists to choose from for the filters; how many differed."""
    changes: list[tuple[str, dict[str, Any]]] = []
    for name, mart in known.items():
        table = tables[name]
        if mart.about and table.get("description") != mart.about:
            changes.append((f"/api/table/{table['id']}", {"description": mart.about}))
        fields = ((f, _field_changes(f, mart.columns.get(f["name"], ""))) for f in table["fields"])
        changes += [(f"/api/field/{each['id']}", wanted) for each, wanted in fields if wanted]
    for path, body in changes if send else ():
        metabase.put(path, body)
    if send and any("has_field_values" in body for _, body in changes):
        metabase.post(f"/api/database/{_id(metabase)}/rescan_values")
    return len(changes)


def _field_changes(field: dict[str, Any], about: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if about and field.get("description") != about:
        wanted["description"] = about
    is_filter = field["name"] in set(FIELDS.values()) - {FIELDS["day"]}
    if is_filter and field.get("has_field_values") != "list":
        wanted["has_field_values"] = "list"
    return wanted


def _tables(metabase: Metabase) -> dict[str, dict[str, Any]]:
    found = metabase.get(f"/api/database/{_id(metabase)}/metadata")["tables"]
    return {each["name"]: each for each in found if each.get("schema") == "marts"}


def _missing(known: dict[str, Mart], tables: dict[str, dict[str, Any]]) -> list[str]:
    have = {
        f"{name}.{field['name']}" for name, table in tables.items() for field in table["fields"]
    }
    wanted = [f"{name}.{column}" for name, mart in known.items() for column in mart.columns]
    return sorted(set(wanted) - have)


def _id(metabase: Metabase) -> int:
    if (found := find_database(metabase)) is None:
        raise ServiceDown(f"Metabase at {metabase.url} has lost the database {DATABASE_NAME!r}")
    return int(found["id"])
