"""Builds with the statements that dbt ran in the build before, without loading dbt.

dbt takes several CPU seconds to load itself and to render two hundred nodes; their SQL takes one.
While code, prices and time zone are the same, dbt would run the same SQL again. So a whole build
that dbt did on tables that were there is recorded, and the next ones repeat its statements in its
order. What goes another way than recorded, a failing test too, is left to dbt: it starts again from
the state of the sessions, finds the same, and says what is wrong.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cca.files import replace_file
from cca.settings import PROJECT_DIR, Settings
from cca.transform.nodes import NodeDone

if TYPE_CHECKING:
    import duckdb
    from dbt_common.events.base_types import EventMsg

log = logging.getLogger(__name__)

# Raise it when the file's form changes.
_FORMAT = 1
_HOOK = "operation."
_COMMENT = re.compile(r"\A\s*/\*.*?\*/\s*", re.DOTALL)
# What dbt asks of the catalog and of contracts: the answers are the same while the code is.
_QUESTIONS = ("select", "describe", "begin", "commit", "rollback")
# What a model asked to choose how the others are built; in a recording the answer was no.
_CHOICE = "select bool_and("
_CREATED = re.compile(r"\bcreate\s+table\s+(\S+)", re.IGNORECASE)
_DROPPED = re.compile(r"\bdrop\s+table\s+(?:if\s+exists\s+)?([^\s;]+)", re.IGNORECASE)


class Differs(Exception):
    """A statement had another outcome than in the recording; the message names its node."""


@dataclass
class Recorder:
    """Listens to dbt and keeps the statements of each node."""

    statements: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, event: "EventMsg") -> None:
        """Keep the statement of an event, if it is one."""
        if event.info.name == "SQLQuery":
            said: Any = event.data
            statement = _COMMENT.sub("", said.sql).strip()
            self.statements.setdefault(said.node_info.unique_id, []).append(statement)


def key_of(environment: Mapping[str, str], code_version: str) -> str:
    """Name all that decides which statements dbt runs."""
    versions = [version("dbt-core"), version("dbt-duckdb"), version("duckdb")]
    said = json.dumps([_FORMAT, sorted(environment.items()), code_version, versions])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def forget(settings: Settings) -> None:
    """Remove the recording: dbt is about to write tables and views, perhaps by other settings."""
    _path(settings).unlink(missing_ok=True)


def keep(settings: Settings, key: str, nodes: Iterable[NodeDone], recorder: Recorder) -> bool:
    """Write what a whole build of dbt ran; tells whether it can be repeated.

    A build that made tables which were not there cannot: the next one finds them.
    """
    steps = [
        {
            "name": node.name,
            "kind": node.kind,
            "severity": node.severity,
            "unique_id": node.unique_id,
            "message": node.message,
            "sql": node.sql,
            "statements": _repeatable(node, recorder.statements.get(node.unique_id, [])),
        }
        for node in sorted(nodes, key=_ended)
    ]
    hooks = [
        statement
        for unique_id, each in recorder.statements.items()
        if unique_id.startswith(_HOOK)
        for statement in each
        if not statement.lower().startswith(_QUESTIONS)
    ]
    if not hooks or not all(_finds_its_tables(step["statements"]) for step in steps):
        return False
    replace_file(_path(settings), json.dumps({"key": key, "steps": steps, "hooks": hooks}))
    return True


def repeat(
    settings: Settings, key: str, on_event: Callable[[NodeDone], None] | None
) -> tuple[NodeDone, ...] | None:
    """Build and test every model as recorded; None where dbt has to do it."""
    # Files of DAGs are read without DuckDB.
    import duckdb  # noqa: PLC0415

    from cca.load.warehouse import writing  # noqa: PLC0415

    recorded = _read(settings, key)
    if recorded is None:
        return None
    try:
        with writing(settings) as warehouse:
            for name, value in _profile_settings(settings).items():
                warehouse.execute(f"set {name} = '{value}'")
            nodes = []
            for step in recorded["steps"]:
                nodes.append(_done(warehouse, step))
                if on_event:
                    on_event(nodes[-1])
            for statement in recorded["hooks"]:
                warehouse.execute(statement)
    except (Differs, duckdb.Error, KeyError, TypeError) as error:
        forget(settings)
        log.info("dbt builds, as its last statements cannot be repeated: %s", error)
        return None
    return tuple(nodes)


def _ended(node: NodeDone) -> datetime:
    return node.ended_at or datetime.max.replace(tzinfo=UTC)


def _repeatable(node: NodeDone, statements: list[str]) -> list[str]:
    """Return what the next build runs of a node: seeds and views stay as they are."""
    if node.kind == "test":
        return [each for each in statements if "as should_error" in each]
    is_view = any("create or replace view" in each.lower() for each in statements)
    if node.kind == "seed" or is_view:
        return []
    return [
        each
        for each in statements
        if each.lower().startswith(_CHOICE) or not each.lower().startswith(_QUESTIONS)
    ]


def _finds_its_tables(statements: Sequence[str]) -> bool:
    created = {name for each in statements for name in _CREATED.findall(each)}
    return created <= {name for each in statements for name in _DROPPED.findall(each)}


def _done(warehouse: "duckdb.DuckDBPyConnection", step: dict[str, Any]) -> NodeDone:
    began = datetime.now(UTC)
    status, message, failures = "success", step["message"], None
    if step["kind"] == "test":
        failures, status = _tested(warehouse, step)
        message = f"warns of {failures} rows" if failures else ""
    elif step["statements"]:
        _build(warehouse, step)
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


def _build(warehouse: "duckdb.DuckDBPyConnection", step: dict[str, Any]) -> None:
    warehouse.execute("begin")
    for statement in step["statements"]:
        found = warehouse.execute(statement)
        if statement.lower().startswith(_CHOICE) and found.fetchall() != [(False,)]:
            raise Differs(step["name"])
    warehouse.execute("commit")


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


def _read(settings: Settings, key: str) -> dict[str, Any] | None:
    try:
        recorded: Any = json.loads(_path(settings).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return recorded if isinstance(recorded, dict) and recorded.get("key") == key else None


def _profile_settings(settings: Settings) -> dict[str, str]:
    """Return the settings of DuckDB in dbt's profile."""
    profile = yaml.safe_load((PROJECT_DIR / "dbt" / "profiles.yml").read_text())
    found: dict[str, str] = profile["cca"]["outputs"][settings.dbt_target]["settings"]
    return found


def _path(settings: Settings) -> Path:
    return settings.cca_home / "dbt" / "recording.json"
