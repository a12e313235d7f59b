"""Puts each run on record, where the browser and `cca status` read it."""

import logging
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:  # noqa: ARG001  (the hook's signature)
    """A run came through."""
    _record(dag_run, "success")


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:  # noqa: ARG001  (the hook's signature)
    """A run did not."""
    _record(dag_run, "failed")


def _record(run: Any, state: str) -> None:
    from cca.gold import runs
    from cca.settings import get_settings

    times = (run.start_date, run.end_date)
    try:
        ended = runs.Run(run.dag_id, run.run_id, str(run.run_type), state, *times)
        runs.record(get_settings(), ended)
    except OSError:
        # The scheduler goes on, whatever happens to a status line.
        log.exception("run %s is not on record", run.run_id)
