"""Builds with the statements that dbt ran in a build before, without loading dbt.

dbt takes several CPU seconds to load itself and to render two hundred nodes; their SQL takes one.
While code, prices and time zone are the same, dbt would run the same SQL again. So a whole build
that dbt did is recorded, here or where cca was packed, and the next ones repeat its statements in
its order. What goes another way than recorded, a failing test too, is left to dbt: it starts again
from the state of the sessions, finds the same, and says what is wrong.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from cca.settings import PROJECT_DIR, Settings
from cca.sql import literal
from cca.transform import recording
from cca.transform.nodes import NodeDone
from cca.transform.recording import CHOICE, Kind

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

_CREATES_VIEW = "create or replace view"


class Differs(Exception):
    """A statement had another outcome than in the recording; the message names its node."""


class OtherKind(Exception):
    """The build is of another kind than the recorded one."""


def repeat(
    settings: Settings, kind: Kind, key: str, on_event: Callable[[NodeDone], None] | None
) -> tuple[NodeDone, ...] | None:
    """Build and test every model as recorded; None where dbt has to do it.

    Raises:
        OtherKind: This recording does not serve, one of another kind may.

    """
    # Files of DAGs are read without DuckDB.
    import duckdb  # noqa: PLC0415

    from cca.load.warehouse import writing  # noqa: PLC0415
    from cca.transform import results  # noqa: PLC0415

    began = datetime.now(UTC)
    recorded = recording.read(settings, kind, key)
    if recorded is None:
        return None
    nodes = []
    try:
        with writing(settings) as warehouse:
            for name, value in _profile_settings(settings).items():
                warehouse.execute(f"set {name} = '{value}'")
            for schema in recorded["schemas"]:
                warehouse.execute(f"create schema if not exists {schema}")
            if kind is Kind.FULL:
                _make_room(warehouse, recorded)
            for step in recorded["steps"]:
                nodes.append(_done(warehouse, step, kind))
                if on_event:
                    on_event(nodes[-1])
            for statement in recorded["hooks"]:
                warehouse.execute(statement)
            results.record_in(warehouse, nodes, began, is_repeated=True)
    except (Differs, duckdb.Error, KeyError, TypeError) as error:
        if kind is not Kind.FULL and isinstance(error, duckdb.CatalogException):
            # A table is gone, as after a full build that broke off.
            raise OtherKind from error
        recording.forget_one(settings, kind, key)
        log.info("dbt builds, as its last statements cannot be repeated: %s", error)
        return None
    return tuple(nodes)


def _done(warehouse: "duckdb.DuckDBPyConnection", step: dict[str, Any], kind: Kind) -> NodeDone:
    began = datetime.now(UTC)
    status, message, failures = "success", step["message"], None
    if step["kind"] == "test":
        failures, status = _tested(warehouse, step)
        message = f"warns of {failures} rows" if failures else ""
    elif step["kind"] == "seed" and kind is not Kind.FULL:
        _require_table(warehouse, step["name"])
    elif step["statements"]:
        _build(warehouse, step, kind)
    ended = datetime.now(UTC)
    return NodeDone(
        step["name"],
        step["kind"],
        status,
        (ended - began).total_seconds(),
        step["unique_id"],
        message,
        began,
        ended,
        step["sql"],
        failures,
        step["severity"],
    )


def _build(warehouse: "duckdb.DuckDBPyConnection", step: dict[str, Any], kind: Kind) -> None:
    warehouse.execute("begin")
    for statement in step["statements"]:
        found = warehouse.execute(statement)
        is_choice = statement.lower().startswith(CHOICE)
        if is_choice and found.fetchall() != [(kind is not Kind.SOME,)]:
            raise OtherKind
    warehouse.execute("commit")


def _make_room(warehouse: "duckdb.DuckDBPyConnection", recorded: dict[str, Any]) -> None:
    """Drop tables of models that are views, and the other way round: another version made them."""
    steps = (step for step in recorded["steps"] if step["kind"] == "model")
    models = {step["name"]: _is_view(step) for step in steps}
    found = warehouse.execute(
        "select table_catalog, table_schema, table_name, table_type = 'VIEW' "
        "from information_schema.tables where table_catalog = current_database()"
    )
    for database, schema, name, is_view in found.fetchall():
        place = f'"{database}"."{schema}"'
        if place in recorded["schemas"] and models.get(name, is_view) != is_view:
            warehouse.execute(f'drop {"view" if is_view else "table"} {place}."{name}"')


def _is_view(step: dict[str, Any]) -> bool:
    return any(each.lower().startswith(_CREATES_VIEW) for each in step["statements"])


def _require_table(warehouse: "duckdb.DuckDBPyConnection", name: str) -> None:
    query = f"select 1 from duckdb_tables() where table_name = {literal(name)}"
    found = warehouse.execute(query)
    if not found.fetchall():
        raise Differs(name)


def _tested(warehouse: "duckdb.DuckDBPyConnection", step: dict[str, Any]) -> tuple[int, str]:
    """Return the rows that a test finds wrong, and dbt's word for it.

    Raises:
        Differs: The test fails; one that only warns does not.

    """
    found, status = 0, "pass"
    for statement in step["statements"]:
        for failures, should_warn, should_error in warehouse.execute(statement).fetchall():
            if should_error and step["severity"] != "warn":
                raise Differs(step["name"])
            if should_warn:
                found, status = failures, "warn"
    return found, status


def _profile_settings(settings: Settings) -> dict[str, str]:
    """Return the settings of DuckDB in dbt's profile."""
    profile = yaml.safe_load((PROJECT_DIR / "dbt" / "profiles.yml").read_text())
    found: dict[str, str] = profile["cca"]["outputs"][settings.dbt_target]["settings"]
    return found
