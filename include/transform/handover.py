"""Reports of a build that wait, as files, for the tasks that show them.

A report counts once: who takes it deletes it, so a task that is cleared later builds its model.
Which tests and models of a run failed is noted beside the reports, for the alert that names them.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cca.settings import Settings
from cca.transform.reports import ModelReport

_KEPT = timedelta(days=2)
_FAILED = ".failed"


def hand_over(settings: Settings, run: str, reports: Iterable[ModelReport]) -> None:
    """Write the reports of a run; those of an earlier build of this run go, and old ones."""
    folder = _folder(settings, run)
    shutil.rmtree(folder, ignore_errors=True)
    _remove_old(folder.parent)
    folder.mkdir(parents=True)
    for report in reports:
        (folder / f"{report.model}.json").write_text(json.dumps(asdict(report), default=str))
        note(settings, run, report)


def note(settings: Settings, run: str, report: ModelReport) -> None:
    """Note what failed of a model in this run; nothing once it is built."""
    path = _folder(settings, run) / f"{report.model}{_FAILED}"
    if report.is_built:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report.failed)


def failed(settings: Settings, run: str) -> tuple[str, ...]:
    """Return the failed tests and models of a run, each with the model it belongs to."""
    paths = sorted(_folder(settings, run).glob(f"*{_FAILED}"))
    return tuple(line for path in paths for line in path.read_text().splitlines())


def take(settings: Settings, run: str, model: str) -> ModelReport | None:
    """Return the report on a model and delete it; None where there is none."""
    path = _folder(settings, run) / f"{model}.json"
    taken = path.with_suffix(".taken")
    try:
        # Of two that ask at once, one gets it.
        path.rename(taken)
    except FileNotFoundError:
        return None
    values = json.loads(taken.read_bytes())
    taken.unlink()
    times = {key: datetime.fromisoformat(values[key]) for key in ("started_at", "ended_at")}
    return ModelReport(**values | times | {"messages": tuple(values["messages"])})


def _folder(settings: Settings, run: str) -> Path:
    name = hashlib.blake2b(run.encode(), digest_size=12).hexdigest()
    return settings.cca_home / "dbt" / "reports" / name


def _remove_old(folder: Path) -> None:
    oldest = (datetime.now(UTC) - _KEPT).timestamp()
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path)
