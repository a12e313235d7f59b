"""After `cca up`: waits for the agent's first scan, then for a pipeline run that publishes it."""

import subprocess
import sys
import time
from collections import Counter

from cca.errors import ServiceDown
from cca.gold.freshness import Freshness, freshness
from cca.settings import Settings, child_environment
from cca.stack import readiness
from cca.stack.airflow_api import FINISHED, AirflowApi
from cca.stack.stack import Kind, Message, Say
from cca.timetable import PIPELINE

_POLL_SECONDS = 1.0
_STALLED_SECONDS = 300
_PARSED_SECONDS = 120
# A run that was already going may have begun before the last document came: then one more.
_RUNS = 3
_LINES_SHOWN = 3


def wait_for_first_scan(settings: Settings, say: Say) -> None:
    """Wait until every file was read and everything read is delivered, as long as it moves on."""
    seen, moved_at = None, time.monotonic()
    while True:
        health = readiness.agent_health(settings, "stats") or {}
        pending = health.get("pending")
        if pending == 0 and health.get("scans"):
            return
        progress = (pending, health.get("synced"), health.get("filesTracked"))
        if progress != seen:
            seen, moved_at = progress, time.monotonic()
        if time.monotonic() - moved_at > _STALLED_SECONDS:
            message = (
                f"the sync agent made no progress for {_STALLED_SECONDS} s; see `cca logs sync`"
            )
            raise ServiceDown(message)
        text = f"first scan: {health.get('synced', 0)} entries delivered, {pending} waiting"
        say(Message(Kind.WORKING, text))
        time.sleep(_POLL_SECONDS / 2)


def publish_newest(settings: Settings, say: Say) -> bool:
    """Run the pipeline until gold has all, and by this code; True if that took a run."""
    wanted = freshness(settings)
    with AirflowApi(settings) as airflow:
        airflow.sign_in()
        if not _is_due(settings, wanted):
            return False
        _wait_until_parsed(airflow, say)
        for _ in range(_RUNS):
            _follow(airflow, _active_run(airflow) or airflow.trigger(), say)
            published_at = freshness(settings).published_at
            # An empty archive has nothing to wait for.
            if not wanted.newest_at or (published_at and published_at >= wanted.newest_at):
                break
    return True


def publish_newest_here(settings: Settings, say: Say) -> bool:
    """Run the pipeline in a process of its own where gold is behind archive or code, and tell."""
    if not _is_due(settings, freshness(settings)):
        return False
    say(Message(Kind.WORKING, "pipeline run"))
    done = subprocess.run(
        [sys.executable, "-m", "cca", "pipeline"],
        env=child_environment(settings.as_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise ServiceDown("the pipeline run failed: " + "\n".join(lines[-_LINES_SHOWN:]))
    return True


def _is_due(settings: Settings, now: Freshness) -> bool:
    """Tell whether gold is behind the archive, or is as the version before an upgrade made it."""
    from cca.pipeline import is_of_other_code  # noqa: PLC0415  (all that extracts)

    return now.is_behind or (settings.gold_path.exists() and is_of_other_code(settings))


def _wait_until_parsed(airflow: AirflowApi, say: Say) -> None:
    deadline = time.monotonic() + _PARSED_SECONDS
    while not airflow.has_dag():
        say(Message(Kind.WORKING, f"waiting for Airflow to read {PIPELINE}"))
        if errors := airflow.import_errors():
            raise ServiceDown("Airflow cannot read its DAGs: " + "\n".join(errors))
        if time.monotonic() > deadline:
            message = (
                f"Airflow did not read {PIPELINE} in {_PARSED_SECONDS} s; see `cca logs airflow`"
            )
            raise ServiceDown(message)
        time.sleep(_POLL_SECONDS / 2)


def _active_run(airflow: AirflowApi) -> str | None:
    """A run that is already going: the first hourly one starts by itself."""
    active = [run for run in airflow.runs() if run["state"] not in FINISHED]
    return str(active[-1]["dag_run_id"]) if active else None


def _follow(airflow: AirflowApi, run_id: str, say: Say) -> None:
    while (state := airflow.run_state(run_id)) not in FINISHED:
        states = airflow.tasks(run_id)
        done = Counter(states.values())["success"] + Counter(states.values())["skipped"]
        running = sorted(task for task, state in states.items() if state == "running")
        text = f"pipeline run: {done} of {len(states)} tasks done" + _listed(running)
        say(Message(Kind.WORKING, text))
        time.sleep(_POLL_SECONDS)
    if state == "failed":
        failed = sorted(task for task, each in airflow.tasks(run_id).items() if each == "failed")
        message = (
            f"the pipeline run {run_id} failed in {', '.join(failed) or 'no task'}; "
            "its log is in Airflow, and in CCA_HOME/logs/airflow"
        )
        raise ServiceDown(message)


def _listed(running: list[str]) -> str:
    return f", now {', '.join(name.split('.')[-1] for name in running[:3])}" if running else ""
