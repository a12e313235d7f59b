"""Follows a running build: each model is built with its tests, failed, or skipped."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cca.transform.dbt import BAD, CI_TAG, NodeDone

_BUILT = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class ModelReport:
    """A model whose tests have run as well; `status` is built, failed or skipped."""

    model: str
    status: str
    tests: int
    seconds: float
    messages: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, for hand-over between tasks."""
        return asdict(self)


class Progress:
    """Gathers dbt's events and reports each model once, when all its tests are done."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self._tests = _tests_of_models(manifest)
        self._built: dict[str, NodeDone] = {}
        self._tested: dict[str, NodeDone] = {}
        self._told: set[str] = set()

    @classmethod
    def of(cls, manifest_path: Path) -> "Progress":
        """Return a Progress that knows the tests of each model from dbt's manifest."""
        return cls(json.loads(manifest_path.read_bytes()))

    def note(self, node: NodeDone) -> list[ModelReport]:
        """Add one event; return the models that are complete now."""
        if node.kind in _BUILT:
            self._built[node.unique_id] = node
            touched = {node.unique_id}
        else:
            self._tested[node.unique_id] = node
            touched = {model for model, tests in self._tests.items() if node.unique_id in tests}
        complete = [each for each in sorted(touched - self._told) if self._is_complete(each)]
        self._told.update(complete)
        return [self._report(model) for model in complete]

    def covers(self, failed: tuple[NodeDone, ...]) -> bool:
        """Tells whether every failure was reported with some model."""
        known = set(self._built).union(*self._tests.values())
        return all(node.unique_id in known for node in failed)

    def _is_complete(self, model: str) -> bool:
        if model not in self._built:
            return False
        if self._built[model].status in (*BAD, "skipped"):
            return True
        return self._tests.get(model, set()) <= set(self._tested)

    def _report(self, model: str) -> ModelReport:
        node = self._built[model]
        done = [self._tested[test] for test in self._tests.get(model, ()) if test in self._tested]
        bad = [each for each in (node, *done) if each.status in (*BAD, "warn")]
        is_failed = any(each.status in BAD for each in bad)
        is_skipped = node.status == "skipped" or any(each.status == "skipped" for each in done)
        return ModelReport(
            model=node.name,
            status="failed" if is_failed else "skipped" if is_skipped else "built",
            tests=len(done),
            seconds=node.seconds + sum(each.seconds for each in done),
            messages=tuple(f"{each.name}: {each.status}: {each.message}" for each in bad),
        )


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
    return [each for each in node["depends_on"]["nodes"] if each.split(".", 1)[0] in _BUILT]
