"""Puts each run on record, where the browser and `cca status` read it."""

import logging
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001  (the hook's signature)
    """A run began."""
    _record(dag_run, "running", "")


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """A run came through."""
    _record(dag_run, "success", msg)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """A run did not."""
    _record(dag_run, "failed", msg)


def _record(run: Any, state: Any, message: str) -> None:
    from include.last_run import LastRun, record

    from include import runs
    from include.embedded.airflow import DAG_ID
    from include.settings import get_settings

    settings, times = get_settings(), (run.start_date, run.end_date)
    url = f"{settings.airflow_address}/dags/{run.dag_id}/runs/{run.run_id}"
    try:
        if run.dag_id == DAG_ID:
            record(settings, LastRun(state, "airflow", *times, message=message, url=url))
        if state != "running":
            ended = runs.Run(run.dag_id, run.run_id, str(run.run_type), state, *times)
            runs.record(settings, ended)
    except OSError:
        # the scheduler goes on, whatever happens to a status line
        log.exception("run %s is not on record", run.run_id)
