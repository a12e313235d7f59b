"""Recordings: the statements that dbt ran in a whole build, kept for the builds that repeat them.

There is one for each kind of build, because a build that finds every session touched drops the
tables and creates them. A recording's name says which settings and which code it holds for. The
recordings that come with cca are in cca.transform.prepared.
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
FORMAT = 3
_HOOK = "operation."
_COMMENT = re.compile(r"\A\s*/\*.*?\*/\s*", re.DOTALL)
# What dbt asks of the catalog and of contracts: the answers are the same while the code is.
_QUESTIONS = ("select", "describe", "begin", "commit", "rollback")
# What a model asks to choose how the others are built: are all sessions touched?
CHOICE = "select coalesce(bool_and("
_CREATED = re.compile(r"\bcreate\s+table\s+([^\s(]+)", re.IGNORECASE)
_DROPPED = re.compile(r"\bdrop\s+table\s+(?:if\s+exists\s+)?([^\s;]+)", re.IGNORECASE)
_SCHEMA = re.compile(
    r'\bcreate\s+(?:or\s+replace\s+)?(?:table|view)\s+("[^"]+"\."[^"]+")\.', re.IGNORECASE
)
# dbt shortens what it says of the statement that loads a seed, whether it is long or not.
_SHORTENED = "..."


class Kind(StrEnum):
    """A build of some sessions, of all as all were touched, or of every table from raw alone.

    A first build is of the last kind, as is a full refresh. It does in place of the second.
    """

    SOME = "some"
    ALL = "all"
    FULL = "full"


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
    said = json.dumps([FORMAT, sorted(environment.items()), code_version, versions])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def forget(settings: Settings, *, but: str = "") -> None:
    """Remove the recordings but those of a key.

    dbt is about to write tables and views by other settings or other code.
    """
    for path in folder(settings).glob("recording*.json"):
        if not but or but not in path.name:
            path.unlink(missing_ok=True)


def forget_one(settings: Settings, kind: Kind, key: str) -> None:
    """Remove a recording that cannot be repeated."""
    path_of(settings, kind, key).unlink(missing_ok=True)


def read(settings: Settings, kind: Kind, key: str) -> dict[str, Any] | None:
    """Return a recording; None where there is none, or it is damaged."""
    try:
        recorded: Any = json.loads(path_of(settings, kind, key).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return recorded if isinstance(recorded, dict) else None


def keep(
    settings: Settings, key: str, nodes: Iterable[NodeDone], recorder: Recorder
) -> Kind | None:
    """Write what a whole build of dbt ran; return its kind, None where it cannot be repeated."""
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
    kind = _kind_of(statements)
    if not hooks or not kind:
        return None
    schemas = sorted(
        {name for step in statements for each in step for name in _SCHEMA.findall(each)}
    )
    text = json.dumps({"schemas": schemas, "steps": steps, "hooks": hooks})
    write(settings, kind, key, text)
    return kind


def write(settings: Settings, kind: Kind, key: str, text: str) -> None:
    """Write the text of a recording."""
    folder(settings).mkdir(parents=True, exist_ok=True)
    replace_file(path_of(settings, kind, key), text)


def _ended(node: NodeDone) -> datetime:
    return node.ended_at or datetime.max.replace(tzinfo=UTC)


def _repeatable(node: NodeDone, statements: list[str]) -> list[str]:
    """Return what a build runs of a node when it repeats another."""
    if node.kind == "test":
        return [each for each in statements if "as should_error" in each]
    if node.kind == "seed":
        return [each.removesuffix(_SHORTENED) for one in statements for each in _with_drop(one)]
    return [
        each
        for each in statements
        if each.lower().startswith(CHOICE) or not each.lower().startswith(_QUESTIONS)
    ]


def _with_drop(statement: str) -> list[str]:
    """Return the statements that load a seed, whether its table is there or not."""
    if statement.lower().startswith((*_QUESTIONS, "drop ")):
        return []
    return [*(f"drop table if exists {name}" for name in _CREATED.findall(statement)), statement]


def _kind_of(steps: Sequence[Sequence[str]]) -> Kind | None:
    every = [each for step in steps for each in step]
    created = {name for each in every for name in _CREATED.findall(each)}
    if not created <= {name for each in every for name in _DROPPED.findall(each)}:
        return None
    if not any(map(_drops_tables, steps)):
        return Kind.SOME
    return Kind.ALL if _reads_older_tables(every, created) else Kind.FULL


def _reads_older_tables(statements: Iterable[str], created: Iterable[str]) -> bool:
    """Tell whether a table is read before it is made: it is one of the build before."""
    missing = set(created)
    for statement in statements:
        missing -= set(_CREATED.findall(statement))
        is_drop = _DROPPED.match(statement) and not _CREATED.search(statement)
        if not is_drop and any(name in statement for name in missing):
            return True
    return False


def _drops_tables(step: Sequence[str]) -> bool:
    """Tell the answer to the choice: where all sessions are touched, its model drops tables."""
    return any(
        each.lower().startswith(CHOICE) and _DROPPED.match(following)
        for each, following in pairwise(step)
    )


def path_of(settings: Settings, kind: Kind, key: str) -> Path:
    """Return the file of a recording."""
    return folder(settings) / f"recording-{kind}-{key}.json"


def folder(settings: Settings) -> Path:
    return settings.cca_home / "dbt"
