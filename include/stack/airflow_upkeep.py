"""Keeps Airflow small: deletes old rows of its database and old logs of its tasks."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cca.errors import ServiceDown
from cca.settings import Settings
from cca.stack import by_hand


@dataclass(frozen=True)
class CleanedLogs:
    """Log files that were deleted, and their bytes."""

    files: int
    bytes: int


def clean_database(settings: Settings) -> datetime:
    """Delete runs, tasks, events and logs that are older than `AIRFLOW_KEEP_DAYS`.

    Airflow's own command does it; it keeps the newest scheduled run of each DAG. Returns the time
    before which rows were deleted.

    Raises:
        ServiceDown: The command failed; its output says why.

    """
    before = datetime.now(UTC) - timedelta(days=settings.airflow_keep_days)
    options = ["--clean-before-timestamp", before.isoformat(), "--skip-archive", "--yes"]
    if code := by_hand.airflow(settings, ["db", "clean", *options]):
        raise ServiceDown(f"`airflow db clean` ended with code {code}; its output says why")
    return before


def clean_logs(settings: Settings) -> CleanedLogs:
    """Delete logs of tasks and of DAG parsing older than `AIRFLOW_KEEP_DAYS`, and empty folders."""
    oldest = (datetime.now(UTC) - timedelta(days=settings.airflow_keep_days)).timestamp()
    files, freed, emptied = 0, 0, set[Path]()
    for name, _, names in os.walk(settings.logs_dir / "airflow", topdown=False):
        folder = Path(name)
        for path in map(folder.joinpath, names):
            status = path.lstat()
            if status.st_mtime < oldest:
                path.unlink()
                files, freed = files + 1, freed + status.st_size
                emptied.add(folder)
        # Only a folder that lost something here: a task may have made an empty one just now.
        if folder in emptied:
            with suppress(OSError):
                folder.rmdir()
                emptied.add(folder.parent)
    return CleanedLogs(files, freed)
