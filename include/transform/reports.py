"""What a build made of each model: built with its tests, or failed and why."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from cca.load.warehouse import writing
from cca.settings import Settings
from cca.transform.dbt import CI_TAG, manifest_path
from cca.transform.nodes import BAD, NodeDone

BUILT = ("model", "seed", "snapshot")
_ROWS_SHOWN = 5
# A row of a test may hold a whole conversation.
_CELL_CHARS = 200


@dataclass(frozen=True)
class ModelReport:
    """A model and its tests.

    `has_failed_test` says that the data are wrong: to build the model again changes nothing.
    `messages` may quote rows. `failed` has a line for each test that failed, or one for the model,
    and quotes nothing.
    """

    model: str
    is_built: bool
    has_failed_test: bool
    tests: int
    started_at: datetime
    ended_at: datetime
    messages: tuple[str, ...]
    sql: str
    failed: str = ""

    @property
    def text(self) -> str:
        """One line, for a log."""
        word = "built" if self.is_built else "FAILED"
        seconds = (self.ended_at - self.started_at).total_seconds()
        tests = f"{self.tests} test{'s' * (self.tests != 1)}"
        return f"{self.model} {word} with {tests} in {seconds:.2f} s"


def model_reports(settings: Settings, nodes: Iterable[NodeDone]) -> tuple[ModelReport, ...]:
    """Return a report for each model that dbt ran; one that it skipped has none.

    A model with a test that was skipped has none either: its state is not known.
    """
    tests = _tests_of_models(json.loads(manifest_path(settings).read_bytes()))
    done = {node.unique_id: node for node in nodes}
    reports = []
    for node in done.values():
        if node.kind in BUILT and node.status != "skipped":
            tested = [done[test] for test in sorted(tests.get(node.unique_id, ())) if test in done]
            is_known = all(each.status != "skipped" for each in tested)
            if is_known or node.status in BAD:
                reports.append(_report(settings, node, tested))
    return tuple(reports)


def covers(settings: Settings, reports: Iterable[ModelReport], failed: Iterable[NodeDone]) -> bool:
    """Tell whether each node that failed is a model of the reports, or a test of one."""
    tests = _tests_of_models(json.loads(manifest_path(settings).read_bytes()))
    reported = {report.model for report in reports if not report.is_built}
    covered = {test for model, each in tests.items() if _name(model) in reported for test in each}
    return all(
        node.unique_id in covered or (node.kind in BUILT and node.name in reported)
        for node in failed
    )


def _report(settings: Settings, node: NodeDone, tested: list[NodeDone]) -> ModelReport:
    # dbt runs a test of a skipped model as skipped, without times.
    ran = [each for each in (node, *tested) if each.started_at and each.ended_at]
    now = datetime.now(UTC)
    bad = [each for each in (node, *tested) if each.status in (*BAD, "warn")]
    return ModelReport(
        model=node.name,
        is_built=not any(each.status in BAD for each in bad),
        has_failed_test=any(each.status == "fail" for each in bad),
        tests=len(tested),
        started_at=min((each.started_at for each in ran if each.started_at), default=now),
        ended_at=max((each.ended_at for each in ran if each.ended_at), default=now),
        messages=tuple(_message(settings, each) for each in bad),
        sql=node.sql.strip(),
        failed="\n".join(_named(node, each) for each in bad if each.status in BAD),
    )


def _named(model: NodeDone, node: NodeDone) -> str:
    if node is model:
        return f"model {model.name} cannot be built"
    return f"test {node.name} of {model.name}"


def _message(settings: Settings, node: NodeDone) -> str:
    lines = [f"{node.name}: {node.status}: {node.message}"]
    if node.kind == "test" and node.status in ("fail", "warn") and node.sql:
        lines += _failing_rows(settings, node)
    return "\n".join(lines)


def _failing_rows(settings: Settings, test: NodeDone) -> list[str]:
    query = re.sub(r"\n\s*\n", "\n", test.sql.strip())
    try:
        with writing(settings) as warehouse:
            found = warehouse.execute(f"select * from (\n{query}\n) limit {_ROWS_SHOWN}")
            names = [column[0] for column in found.description or ()]
            rows = found.fetchall()
    except duckdb.Error as error:
        return [f"its rows cannot be read: {error}", query]
    shown = [", ".join(f"{n}={_cell(v)}" for n, v in zip(names, row, strict=True)) for row in rows]
    return ["the first rows that it found:", *shown, "found by:", query]


def _cell(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _CELL_CHARS else f"{text[:_CELL_CHARS]}…"


def _name(unique_id: str) -> str:
    return unique_id.rsplit(".", 1)[-1]


def _tests_of_models(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Return the tests of each model; a test of several models belongs to each of them.

    A build leaves out unit tests and those tagged `ci`: they belong to no model here.
    """
    found: dict[str, set[str]] = {}
    for name, node in manifest["nodes"].items():
        if node["resource_type"] == "test" and CI_TAG not in node["tags"]:
            owners = [node["attached_node"]] if node.get("attached_node") else _models(node)
            for owner in owners:
                found.setdefault(owner, set()).add(name)
    return found


def _models(node: dict[str, Any]) -> list[str]:
    return [each for each in node["depends_on"]["nodes"] if each.split(".", 1)[0] in BUILT]
