"""LocalExecutor that ends the tasks of reported models itself, without a process for each.

A model's task has nothing to do if the build left a report on it. The executor tells Airflow's
Task Execution API when the model began and ended, its SQL and its state, and writes the task's log.
Every other task goes to LocalExecutor's workers, also a model's task without a report.
"""

import gc
import getpass
import json
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from airflow.configuration import conf
from airflow.executors.base_executor import get_execution_api_server_url
from airflow.executors.local_executor import LocalExecutor
from airflow.models.dagrun import DagRun
from airflow.utils.net import get_hostname
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from sqlalchemy import select

from cca.settings import get_settings
from cca.transform.handover import take
from cca.transform.reports import ModelReport
from cca_airflow.model_task import RETRY_DELAY, run_name, said
from cca_airflow.preload import preload

log = logging.getLogger(__name__)

_AT_ONCE = 4
# Few tasks need a process, and an idle one holds 45 MB; models take none of them.
_WORKERS = 4
_TIMEOUT_SECONDS = 20
# A loop of the scheduler costs 17 ms however little there is to do, and a look for runs 1 ms. So it
# rests while nothing runs. A run that somebody starts is seen at the next look; one that the clock
# starts waits for the end of a rest.
_AWAKE_SECONDS = 30
_LOOK_SECONDS = 1.0
_LOOKS = 4
_OPEN = (DagRunState.QUEUED, DagRunState.RUNNING)


class ModelsExecutor(LocalExecutor):
    """Runs every task as LocalExecutor does but those of reported models."""

    def start(self) -> None:
        """Fork the workers, with the libraries of our tasks in them."""
        if self.is_mp_using_fork:
            preload()
        self._was_busy_at = time.monotonic()
        super().start()

    def heartbeat(self) -> None:
        """Look after the tasks; the scheduler asks for it once in each of its loops."""
        super().heartbeat()
        now = time.monotonic()
        if self.queued_tasks or self.running or self.event_buffer:
            self._was_busy_at = now
        elif now - self._was_busy_at > _AWAKE_SECONDS:
            _rest()

    def _spawn_workers_with_gc_freeze(self, spawn_number: int) -> None:
        """Fork fewer workers than tasks may be open."""
        super()._spawn_workers_with_gc_freeze(min(spawn_number, _WORKERS - len(self.workers)))
        # It lets the collector look through everything again, and write to what servers share.
        gc.freeze()

    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        reports = {each.key: _report_on(each) for each in workload_list}
        # First what takes a while: publish starts before the models are shown.
        if rest := [each for each in workload_list if reports[each.key] is None]:
            super()._process_workloads(rest)
        reported = [each for each in workload_list if reports[each.key] is not None]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            ended = list(threads.map(_is_ended, reported, [reports[each.key] for each in reported]))
        for each in (one for one, is_ended in zip(reported, ended, strict=True) if is_ended):
            self.queued_tasks.pop(each.key)
            self.success(each.key)
        if left := [one for one, is_ended in zip(reported, ended, strict=True) if not is_ended]:
            super()._process_workloads(left)


def _rest() -> None:
    for _ in range(_LOOKS):
        time.sleep(_LOOK_SECONDS)
        if _has_runs():
            return


def _has_runs() -> bool:
    with create_session() as session:
        return session.scalar(select(DagRun.id).where(DagRun.state.in_(_OPEN)).limit(1)) is not None


def _is_ended(workload: Any, report: ModelReport) -> bool:
    """End the task by its report; whatever goes wrong here is left to a worker."""
    try:
        with _api(workload.token) as api:
            _end(api, workload.ti, report)
    except Exception:
        log.exception("%s is left to a worker", workload.key)
        return False
    _write_log(workload.log_path, report)
    return True


def _report_on(workload: Any) -> ModelReport | None:
    if workload.type != "ExecuteTask" or "." not in workload.ti.task_id:
        return None
    ti = workload.ti
    try:
        return take(get_settings(), run_name(ti), ti.task_id.rsplit(".", 1)[-1])
    except (OSError, ValueError, TypeError):
        log.exception("the report for %s cannot be read", workload.key)
        return None


def _api(token: str) -> httpx.Client:
    return httpx.Client(
        base_url=get_execution_api_server_url(),
        headers={"Authorization": f"Bearer {token}"},
        timeout=_TIMEOUT_SECONDS,
        transport=httpx.HTTPTransport(retries=2),
        trust_env=False,
    )


def _end(api: httpx.Client, ti: Any, report: ModelReport) -> None:
    task = f"task-instances/{ti.id}"
    begun = _told(
        api.patch(
            f"{task}/run",
            json={
                "state": "running",
                "hostname": get_hostname(),
                "unixname": getpass.getuser(),
                "pid": os.getpid(),
                "start_date": report.started_at.isoformat(),
            },
        )
    )
    # The token of a waiting task may start it, and nothing else.
    if token := begun.headers.get("Refreshed-API-Token"):
        api.headers["Authorization"] = f"Bearer {token}"
    _told(api.put(f"{task}/rtif", json={"compiled_sql": report.sql}))
    ending: dict[str, Any] = {"end_date": report.ended_at.isoformat()}
    if report.is_built:
        ending |= {"state": "success", "task_outlets": [], "outlet_events": []}
    elif report.has_failed_test or ti.try_number > begun.json()["max_tries"]:
        ending |= {"state": "failed"}
    else:
        # Airflow counts from the end of the model, which may be a while ago.
        gone = datetime.now(UTC) - report.ended_at
        ending |= {
            "state": "up_for_retry",
            "retry_delay_seconds": (gone + RETRY_DELAY).total_seconds(),
            "retry_reason": report.messages[0][:500],
        }
    _told(api.patch(f"{task}/state", json=ending))


def _told(answer: httpx.Response) -> httpx.Response:
    return answer.raise_for_status()


def _write_log(log_path: str | None, report: ModelReport) -> None:
    """Write lines as Airflow's own supervisor writes them, so that the page shows them."""
    if not log_path:
        return
    path = Path(conf.get_mandatory_value("logging", "base_log_folder"), log_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat()
    with path.open("a") as file:
        for level, text in said(report):
            name = logging.getLevelName(level).lower()
            line = {"timestamp": now, "level": name, "event": text, "logger": "dbt"}
            file.write(json.dumps(line) + "\n")
