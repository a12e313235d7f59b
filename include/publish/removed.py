"""Drops the tables of marts that the dbt project no longer has; a user's own tables stay."""

import json
import logging
from collections.abc import Iterable

import duckdb

from cca.settings import Settings
from cca.transform.dbt import manifest_path

log = logging.getLogger(__name__)


def models_of(settings: Settings) -> set[str]:
    """Return the names of the models of `marts` in dbt's last build; none before the first."""
    path = manifest_path(settings)
    if not path.exists():
        return set()
    nodes = json.loads(path.read_bytes())["nodes"].values()
    return {
        node["alias"]
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def tables_of(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the tables and views of `marts`, in order, each with its word in SQL."""
    rows = warehouse.execute(
        "select table_name, if(table_type = 'VIEW', 'view', 'table') "
        "from information_schema.tables "
        "where table_schema = 'marts' and table_catalog = current_database() order by 1"
    ).fetchall()
    return dict(rows)


def drop_removed(
    warehouse: duckdb.DuckDBPyConnection, models: set[str], published: Iterable[str]
) -> None:
    """Drop what a publish of ours took for a model and what is none any more."""
    if not models:
        return
    there = tables_of(warehouse)
    for name in sorted((set(published) - models) & there.keys()):
        warehouse.execute(f'drop {there[name]} marts."{name}"')
        log.info("dropped marts.%s: it is no model any more", name)
