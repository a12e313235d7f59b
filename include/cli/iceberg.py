"""`cca iceberg`: manages the tables of the Iceberg lake and their snapshots."""

from typing import Any

import click

from cca.cli.groups import Group
from cca.terminal import new_console, printable, say

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(cls=Group)
def iceberg() -> None:
    """Manage the Iceberg tables of the lake and their snapshots."""


@iceberg.command()
@_JSON
def info(*, as_json: bool) -> None:
    """Show rows, files, bytes, snapshots and location of each table."""
    from cca.lake import snapshots
    from cca.settings import get_settings

    found = snapshots.info(get_settings())
    _show([vars(one) for one in found], as_json, ("table", "rows", "files", "bytes", "snapshots"))
    if found and not as_json:
        say(f"in {found[0].location.rpartition('/')[0]}")


@iceberg.command("snapshots")
@_JSON
def snapshots_(*, as_json: bool) -> None:
    """List every snapshot of the lake that can still be read."""
    from cca.lake import snapshots
    from cca.settings import get_settings

    settings = get_settings()
    # Without tables there is none, as `info` says.
    found = snapshots.list_all(settings) if snapshots.info(settings) else []
    rows = [vars(one) for one in found]
    _show(rows, as_json, ("snapshot_id", "at", "rows", "rows_added", "rows_removed", "is_current"))


@iceberg.command()
@_JSON
def create(*, as_json: bool) -> None:
    """Create the tables, or add missing columns."""
    from cca.lake import catalog
    from cca.settings import get_settings

    tables = catalog.ensured(get_settings())
    rows = [
        {"table": ".".join(table.name()), "columns": len(table.schema().fields)}
        for table in tables.values()
    ]
    _show(rows, as_json)


@iceberg.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@_JSON
def drop(*, yes: bool, as_json: bool) -> None:
    """Drop the tables with all their snapshots; MongoDB keeps every conversation."""
    from cca.lake import catalog, manifest
    from cca.settings import get_settings

    settings = get_settings()
    if not yes:
        names = ", ".join(".".join(name) for name in catalog.identifiers(settings).values())
        click.confirm(f"Drop {names} and every snapshot of them?", abort=True, err=True)
    with manifest.locked(settings, "iceberg"):
        dropped = catalog.drop(settings)
        manifest.forget(settings, "iceberg")
    _show([{"table": name, "is_dropped": True} for name in dropped], as_json)


@iceberg.command()
@click.option("--days", default=7, show_default=True, help="Keep snapshots younger than this.")
@_JSON
def expire(*, days: int, as_json: bool) -> None:
    """Delete old snapshots and the files that only they use; the current snapshot stays."""
    from datetime import UTC, datetime, timedelta

    from cca.lake import snapshots
    from cca.settings import get_settings

    limit = datetime.now(UTC) - timedelta(days=days)
    done = snapshots.expire(get_settings(), limit)
    _show([{"snapshots_expired": done.snapshots, "files_deleted": done.files}], as_json)


@iceberg.command()
@click.option("--snapshot", "snapshot_id", type=int, help="Id, from `cca iceberg snapshots`.")
@click.option("--as-of", help="The snapshot at this time (ISO, UTC).")
@_JSON
def rollback(*, snapshot_id: int | None, as_of: str | None, as_json: bool) -> None:
    """Make an old snapshot current; the next run extracts what arrived since then."""
    from cca.extract.window import parse_bound
    from cca.lake import snapshots
    from cca.settings import get_settings

    settings = get_settings()
    at = parse_bound("as-of", as_of)
    found = snapshots.find(settings, snapshot_id, at)
    snapshots.rollback(settings, found)
    current = [vars(one) for one in snapshots.list_all(settings) if one.is_current]
    _show(current, as_json)


@iceberg.command()
@click.option("--before", help="Only dates before this one; default: yesterday.")
@_JSON
def compact(*, before: str | None, as_json: bool) -> None:
    """Merge small files of old dates."""
    from cca.extract.window import parse_bound
    from cca.lake.compact import compact as run_compact
    from cca.settings import get_settings

    day = parse_bound("before", before)
    done = run_compact(get_settings(), storage_format="iceberg", before=day.date() if day else None)
    _show([vars(done)], as_json)


def _show(rows: list[dict[str, Any]], as_json: bool, shown: tuple[str, ...] = ()) -> None:
    """Print a table of the columns that fit a terminal, or one object for programs."""
    import json

    if as_json:
        say(json.dumps({"rows": rows, "totals": _totals(rows)}, default=str))
        return
    from rich.table import Table

    if not rows:
        say("no Iceberg tables yet: `cca extract --iceberg` creates them")
        return
    table = Table(box=None, pad_edge=False)
    names = shown or tuple(rows[0])
    for name in names:
        value = rows[0][name]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        table.add_column(
            name.removeprefix("is_").replace("_", " "),
            justify="right" if is_number else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in names))
    new_console().print(table)


def _totals(rows: list[dict[str, Any]]) -> dict[str, int]:
    counted = ("rows", "files", "bytes", "snapshots", "snapshots_expired", "files_deleted")
    names = [name for name in counted if rows and name in rows[0] and "operation" not in rows[0]]
    return {name: sum(row[name] for row in rows) for name in names} | {"count": len(rows)}


def _cell(name: str, value: Any) -> str:
    from datetime import datetime

    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int) and not name.endswith("_id"):
        return f"{value:,}"
    return printable(str(value))
