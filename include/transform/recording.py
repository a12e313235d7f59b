"""Recordings: the statements that dbt ran in a whole build, kept for the builds that repeat them.

There is one for each kind of build, because a build that finds every session touched drops the
tables and creates them. A recording's name says which settings and which code it holds for.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cca.files import replace_file
from cca.settings import Settings
from cca.transform.nodes import NodeDone

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

# Raise it when the file's form changes.
_FORMAT = 2
_HOOK = "operation."
_COMMENT = re.compile(r"\A\s*/\*.*?\*/\s*", re.DOTALL)
# What dbt asks of the catalog and of contracts: the answers are the same while the code is.
_QUESTIONS = ("select", "describe", "begin", "commit", "rollback")
# What a model asks to choose how the others are built: are all sessions touched?
CHOICE = "select bool_and("
_CREATED = re.compile(r"\bcreate\s+table\s+(\S+)", re.IGNORECASE)
_DROPPED = re.compile(r"\bdrop\s+table\s+(?:if\s+exists\s+)?([^\s;]+)", re.IGNORECASE)


class Kind(StrEnum):
    """A build of some sessions, of all as all were touched, or a full refresh."""

    SOME = "some"
    ALL = "all"
    FULL = "full"

    @property
    def are_all_touched(self) -> bool:
        """The answer to the model's choice."""
        return self is not Kind.SOME


def kinds(*, full_refresh: bool) -> tuple[Kind, ...]:
    """Return the kinds that a build may turn out to be."""
    return (Kind.FULL,) if full_refresh else (Kind.SOME, Kind.ALL)


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


def forget(settings: Settings, *, but: str = "") -> None:
    """Remove the recordings but those of a key.

    dbt is about to write tables and views by other settings or other code.
    """
    for path in _folder(settings).glob("recording*.json"):
        if not but or but not in path.name:
            path.unlink(missing_ok=True)


def forget_one(settings: Settings, kind: Kind, key: str) -> None:
    """Remove a recording that cannot be repeated."""
    _path(settings, kind, key).unlink(missing_ok=True)


def read(settings: Settings, kind: Kind, key: str) -> dict[str, Any] | None:
    """Return a recording; None where there is none, or it is damaged."""
    try:
        recorded: Any = json.loads(_path(settings, kind, key).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return recorded if isinstance(recorded, dict) else None


def keep(
    settings: Settings,
    key: str,
    nodes: Iterable[NodeDone],
    recorder: Recorder,
    *,
    full_refresh: bool,
) -> bool:
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
    statements = [step["statements"] for step in steps]
    is_new = any(map(_drops_tables, statements))
    if not hooks or not _finds_its_tables(statements) or (full_refresh and not is_new):
        return False
    kind = Kind.FULL if full_refresh else Kind.ALL if is_new else Kind.SOME
    _folder(settings).mkdir(parents=True, exist_ok=True)
    replace_file(_path(settings, kind, key), json.dumps({"steps": steps, "hooks": hooks}))
    return True


def _ended(node: NodeDone) -> datetime:
    return node.ended_at or datetime.max.replace(tzinfo=UTC)


def _repeatable(node: NodeDone, statements: list[str]) -> list[str]:
    """Return what the next build runs of a node: seeds stay as they are."""
    if node.kind == "test":
        return [each for each in statements if "as should_error" in each]
    if node.kind == "seed":
        return []
    return [
        each
        for each in statements
        if each.lower().startswith(CHOICE) or not each.lower().startswith(_QUESTIONS)
    ]


def _finds_its_tables(statements: Sequence[Sequence[str]]) -> bool:
    every = [each for step in statements for each in step]
    created = {name for each in every for name in _CREATED.findall(each)}
    return created <= {name for each in every for name in _DROPPED.findall(each)}


def _drops_tables(step: Sequence[str]) -> bool:
    """Tell the answer to the choice: where all sessions are touched, its model drops tables."""
    return any(
        each.lower().startswith(CHOICE) and _DROPPED.match(following)
        for each, following in pairwise(step)
    )


def _path(settings: Settings, kind: Kind, key: str) -> Path:
    return _folder(settings) / f"recording-{kind}-{key}.json"


def _folder(settings: Settings) -> Path:
    return settings.cca_home / "dbt"
