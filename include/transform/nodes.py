"""What dbt says of the nodes of a run: how each went, when, and with which SQL."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cca.errors import WarehouseError

BAD = ("error", "fail", "runtime error", "partial success")
# More failing nodes than these hide the first cause.
_FAILURES_SHOWN = 10


@dataclass(frozen=True)
class NodeDone:
    """A node of the graph that dbt finished; `status` is dbt's own word, `failures` a test's rows.

    `severity` is that of a test: one that only warns holds nothing back.
    Times and compiled SQL are known at the end of a run; a node that was skipped has neither.
    """

    name: str
    kind: str
    status: str
    seconds: float
    unique_id: str = ""
    message: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    sql: str = ""
    failures: int | None = None
    severity: str = ""


@dataclass(frozen=True)
class TransformReport:
    """What one build did; `is_repeated` says that it took statements that dbt ran before."""

    models: int
    seeds: int
    tests: int
    warnings: int
    seconds: float
    nodes: tuple[NodeDone, ...]
    is_repeated: bool = False


class BuildFailed(WarehouseError):
    """The message names the nodes that failed; `nodes` is empty where dbt ran none."""

    def __init__(self, message: str, nodes: tuple[NodeDone, ...]) -> None:
        super().__init__(message)
        self.nodes = nodes

    @property
    def failed(self) -> tuple[NodeDone, ...]:
        """The nodes that failed."""
        return tuple(node for node in self.nodes if node.status in BAD)


def nodes_of(runs: list[Any]) -> tuple[NodeDone, ...]:
    """Return the nodes of dbt's results; its hooks are left out where they went well."""
    return tuple(
        _done(run)
        for run in runs
        if str(run.node.resource_type) != "operation" or str(run.status) in BAD
    )


def report_of(nodes: tuple[NodeDone, ...], seconds: float, *, is_repeated: bool) -> TransformReport:
    """Return what a build did, which took so many seconds."""

    def count(kind: str) -> int:
        return sum(node.kind == kind for node in nodes)

    return TransformReport(
        models=count("model"),
        seeds=count("seed"),
        tests=count("test"),
        warnings=sum(node.status == "warn" for node in nodes),
        seconds=seconds,
        nodes=nodes,
        is_repeated=is_repeated,
    )


def failure_text(failed: tuple[NodeDone, ...], exception: BaseException | None) -> str:
    """Return what a person reads of a run that failed."""
    if not failed:
        return f"dbt did not run: {exception}"
    lines = [f"{node.name}: {node.message}" for node in failed[:_FAILURES_SHOWN]]
    hidden = len(failed) - len(lines)
    return "\n".join(
        [
            f"dbt failed in {len(failed)} of its nodes",
            *lines,
            *([f"and {hidden} more"] * (hidden > 0)),
        ]
    )


def _done(run: Any) -> NodeDone:
    node = run.node
    # dbt's times are UTC and have no zone.
    starts = [step.started_at.replace(tzinfo=UTC) for step in run.timing if step.started_at]
    ends = [step.completed_at.replace(tzinfo=UTC) for step in run.timing if step.completed_at]
    return NodeDone(
        node.name,
        str(node.resource_type),
        str(run.status),
        run.execution_time,
        node.unique_id,
        str(run.message or ""),
        min(starts, default=None),
        max(ends, default=None),
        getattr(node, "compiled_code", None) or "",
        run.failures if str(node.resource_type) == "test" else None,
        node.config.severity.lower() if str(node.resource_type) == "test" else "",
    )
