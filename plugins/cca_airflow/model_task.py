"""The task of one dbt model: it ends as the build reported, or builds its model and its tests."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from cca.transform.reports import ModelReport

# What heals by itself, such as a file that another program holds, has healed by then.
RETRIES, RETRY_DELAY = 1, timedelta(seconds=10)

log = logging.getLogger(__name__)


def run_name(task_instance: Any) -> str:
    """Name a run for the hand-over of reports."""
    return f"{task_instance.dag_id}/{task_instance.run_id}"


def said(report: "ModelReport") -> list[tuple[int, str]]:
    """Return the lines of a task's log about a report, each with its level."""
    bad = logging.WARNING if report.is_built else logging.ERROR
    return [(logging.INFO, report.text), *((bad, message) for message in report.messages)]


class ModelTask(BaseOperator):
    """Shows a model; `ModelsExecutor` ends most of these tasks without a process of their own."""

    template_fields: Sequence[str] = ("compiled_sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"compiled_sql": "sql"}
    ui_color = "#f8e4d0"
    # Known only afterwards.
    overwrite_rtif_after_execution = True

    def __init__(self, *, model: str, **arguments: Any) -> None:
        retrying: dict[str, Any] = {"retries": RETRIES, "retry_delay": RETRY_DELAY}
        super().__init__(**retrying | arguments)
        self.model = model
        self.compiled_sql = ""

    def execute(self, context: Any) -> None:
        """End as reported, or build.

        Raises:
            AirflowFailException: A test failed; another try would find the same.
            AirflowException: The model could not be built.

        """
        from cca.settings import get_settings
        from cca.transform.alone import build_alone
        from cca.transform.dbt import free_locks
        from cca.transform.handover import note, take

        run = run_name(context["ti"])
        report = take(get_settings(), run, self.model)
        if report is None:
            log.info("no report of a build: building %s and its tests", self.model)
            is_full = context["params"].get("full_refresh", False)
            report = build_alone(get_settings(), self.model, full_refresh=is_full)
            free_locks()
            note(get_settings(), run, report)
        self.compiled_sql = report.sql
        for level, line in said(report):
            log.log(level, "%s", line)
        if report.has_failed_test:
            raise AirflowFailException(f"{self.model}: a test failed")
        if not report.is_built:
            raise AirflowException(f"{self.model} cannot be built")
