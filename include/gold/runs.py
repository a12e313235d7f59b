"""Remembers how the last pipeline runs went, in a small file for every part, Airflow or not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cca.files import replace_file
from cca.locks import held, holder
from cca.settings import Settings

# Of each DAG.
KEPT_RUNS = 20


@dataclass(frozen=True)
class Run:
    """One run of a DAG; `state` is success or failed."""

    dag_id: str
    run_id: str
    run_type: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, times in ISO."""
        times = {"started_at": self.started_at, "ended_at": self.ended_at}
        return asdict(self) | {name: at and at.isoformat() for name, at in times.items()}

    @property
    def seconds(self) -> float | None:
        """Return how long it took; None while an end is unknown."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


def runs_path(settings: Settings) -> Path:
    """Return the file beside gold: a JSON list with the newest run last."""
    return settings.gold_dir / "runs.json"


def record(settings: Settings, run: Run) -> None:
    """Add a run, or replace what was known of it; drop the oldest runs of its DAG."""
    path = runs_path(settings)
    with held(path.with_suffix(".lock")):
        others = [each for each in latest(settings) if each.run_id != run.run_id]
        same = [each for each in others if each.dag_id == run.dag_id]
        dropped = same[: max(0, len(same) - KEPT_RUNS + 1)]
        kept = [each for each in others if each not in dropped]
        replace_file(path, json.dumps([each.to_dict() for each in [*kept, run]]))


def latest(settings: Settings, dag_id: str | None = None) -> list[Run]:
    """Return the runs that ended, the newest last; none where the file is absent or damaged."""
    try:
        found = [_from_json(each) for each in json.loads(runs_path(settings).read_text())]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []
    return [each for each in found if dag_id in (None, each.dag_id)]


@contextmanager
def recorded(settings: Settings, dag_id: str, run_type: str) -> Iterator[None]:
    """Wait for another run of the DAG that goes on here, then record how this one went.

    Airflow's own runs are recorded by Airflow, and queue there.
    """
    began = datetime.now(UTC)
    run_id = f"cca__{began.isoformat()}"
    with held(_going_dir(settings) / f"{dag_id}.lock", note=run_id):
        outcome = "failed"
        try:
            yield
            outcome = "success"
        finally:
            record(settings, Run(dag_id, run_id, run_type, outcome, began, datetime.now(UTC)))


def going(settings: Settings) -> list[str]:
    """Return the runs outside Airflow that go on now, as `conversation_pipeline, cca__<start>`."""
    found = {path.stem: holder(path) for path in sorted(_going_dir(settings).glob("*.lock"))}
    return [f"{dag_id}, {run_id}" for dag_id, run_id in found.items() if run_id is not None]


def _going_dir(settings: Settings) -> Path:
    return settings.gold_dir / "going"


def _from_json(values: dict[str, Any]) -> Run:
    times = {name: values[name] for name in ("started_at", "ended_at")}
    parsed = {name: at and datetime.fromisoformat(at) for name, at in times.items()}
    return Run(**{**values, **parsed})
