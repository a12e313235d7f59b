"""The light stack's scheduler: starts each job in a process of its own, one after the other.

What was missed, because the machine slept or the stack was down, runs once. The record of runs is
all that the scheduler remembers, and Airflow writes to the same one: whoever takes over from the
other repeats nothing.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from cca import timetable
from cca.errors import AlreadyRunning, CcaError
from cca.gold import runs
from cca.gold.freshness import freshness
from cca.locks import Taken, claimed
from cca.settings import Settings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 30.0
_CHILD_SECONDS = 0.2
# In this order after a pause: the full refresh spares the hourly run, and what was published late
# is no longer late when freshness is checked.
_ORDER = (
    timetable.REFRESH,
    timetable.PIPELINE,
    timetable.MAINTENANCE,
    timetable.DIGEST,
    timetable.FRESHNESS,
)


@contextmanager
def scheduler_lock(settings: Settings) -> Iterator[None]:
    """Hold the scheduler's place, or raise AlreadyRunning with the holder's process id."""
    try:
        with claimed(timetable.lock_path(settings)):
            yield
    except Taken as taken:
        message = f"`cca schedule` already runs (process {taken.note}): one starts every job"
        raise AlreadyRunning(message) from None


def serve(settings: Settings, stop: threading.Event) -> None:
    """Run what is due until `stop` is set."""
    began = datetime.now(UTC)
    news = News(settings, began)
    with scheduler_lock(settings):
        log.info(
            "the scheduler runs: %s", ", ".join(f"{k} at {v}" for k, v in timetable.CRON.items())
        )
        while not stop.wait(_LOOK_SECONDS):
            while not stop.is_set() and (job := due(settings, began, datetime.now(UTC))):
                start(settings, job, stop)
            if not stop.is_set() and news.is_due(datetime.now(UTC)):
                start(settings, timetable.PIPELINE, stop)


def due(settings: Settings, began: datetime, now: datetime) -> str | None:
    """Return the first DAG whose last time came after its last run; None where there is none.

    A DAG that never ran is due at its next time after the scheduler's start.
    """
    for dag_id in _ORDER:
        if dag_id == timetable.DIGEST and not settings.digest:
            continue
        if timetable.latest(dag_id, settings.timezone, now) > last_start(settings, dag_id, began):
            return dag_id
    return None


def last_start(settings: Settings, dag_id: str, default: datetime) -> datetime:
    """Return when the DAG last began here or in Airflow; the default where it never did."""
    started = [run.started_at for run in runs.latest(settings, dag_id) if run.started_at]
    return max(started, default=default)


class News:
    """Tells when documents wait that gold does not hold, as often as `PIPELINE_MINUTES` allows."""

    def __init__(self, settings: Settings, began: datetime) -> None:
        self._settings = settings
        # What is there at the start is the business of whoever started the stack.
        self._told_at = began
        self._tried: datetime | str | None = "nothing yet"

    def is_due(self, now: datetime) -> bool:
        """Tell whether to run the pipeline now; a run that failed is left to the hourly one."""
        minutes = self._settings.pipeline_minutes
        last = max(self._told_at, last_start(self._settings, timetable.PIPELINE, self._told_at))
        if not minutes or now - last < timedelta(minutes=minutes):
            return False
        try:
            state = freshness(self._settings)
        except CcaError:
            # MongoDB may be away for a while: look again.
            return False
        if not state.is_behind or state.published_at == self._tried:
            return False
        self._told_at, self._tried = now, state.published_at
        return True


def start(settings: Settings, dag_id: str, stop: threading.Event) -> None:
    """Run a job in a process of its own, whose memory goes with it; end it where `stop` is set."""
    began = datetime.now(UTC)
    since = last_start(settings, dag_id, began - timedelta(days=1))
    command = [sys.executable, "-m", "cca", "schedule", "--job", dag_id]
    child = subprocess.Popen([*command, "--since", since.isoformat()])  # noqa: S603
    while child.poll() is None:
        if stop.wait(_CHILD_SECONDS):
            child.terminate()
            child.wait()
            return
    log.info("%s ended with %d", dag_id, child.returncode)
    if last_start(settings, dag_id, since) < began:
        _tell(settings, dag_id, began, child.returncode)


def _tell(settings: Settings, dag_id: str, began: datetime, code: int) -> None:
    """A job that put nothing on record was ended from outside: without a record it would repeat."""
    from cca.schedule.jobs import tell_killed  # noqa: PLC0415  (all that the jobs need)

    with suppress(CcaError):
        tell_killed(settings, dag_id, began, f"its process ended with code {code}")
