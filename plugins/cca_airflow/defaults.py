"""What all our DAGs have in common: owner, retries, limits, the alert, their assets."""

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable

from cca.settings import get_settings
from cca.timetable import FRESHNESS, PIPELINE
from cca.transform.dbt import mart_names


class Tag(StrEnum):
    """What a DAG is for; the list of DAGs can be filtered by it."""

    PIPELINE = "pipeline"
    SCHEDULE = "schedule"
    UPKEEP = "upkeep"


TASK_DEFAULTS: dict[str, Any] = {
    "owner": "cca",
    "retries": 2,
    "retry_delay": timedelta(seconds=15),
    "execution_timeout": timedelta(hours=2),
}


def alert(context: Any) -> None:
    """Tell of a failed run, once, whatever number of its tasks failed."""
    from cca.alerts.send import send

    send(get_settings(), _message(context))


def _message(context: Any) -> Any:
    from cca.alerts import templates
    from cca.errors import CcaError
    from cca.transform.handover import failed

    settings, run = get_settings(), context["dag_run"]
    runs = f"{settings.airflow_address}/dags/{run.dag_id}/runs"
    if run.dag_id == FRESHNESS:
        with suppress(CcaError):
            if message := _stale(f"{settings.airflow_address}/dags/{PIPELINE}/runs"):
                return message
    last = context.get("task_instance") or context.get("ti")
    return templates.failure(
        templates.FailedRun(
            run.dag_id,
            run.run_id,
            getattr(last, "task_id", ""),
            str(context.get("reason") or "failed"),
            f"{runs}/{run.run_id}",
            failed(settings, f"{run.dag_id}/{run.run_id}"),
        )
    )


def _stale(url: str) -> Any:
    """Return the message of the check of freshness; None where it failed for another reason."""
    from cca.alerts import templates
    from cca.gold.freshness import freshness

    settings = get_settings()
    state = freshness(settings)
    if state.newest_at is None or not state.is_behind:
        return None
    return templates.stale(state.newest_at, state.published_at, settings.stale_hours, url)


DAG_DEFAULTS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "default_args": TASK_DEFAULTS,
    "on_failure_callback": alert,
}


def about(text: str) -> dict[str, str]:
    """Return a DAG's page, from its module's text, and the line that the list of DAGs shows."""
    return {"doc_md": text, "description": text.partition("\n")[0]}


def at(cron: str) -> CronTriggerTimetable:
    """Those times, in UTC, from the next one on: a first start has nothing to catch up with."""
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0))


RAW = Asset("raw", uri="cca://warehouse/raw", group="cca")
GOLD = Asset("gold", uri="cca://gold", group="cca")


def mart_assets() -> list[Asset]:
    """One for each table that readers of gold see."""
    return [Asset(name, uri=f"cca://gold/marts/{name}", group="cca") for name in mart_names()]


def update_assets(changed: dict[Asset, dict[str, Any]]) -> None:
    """Updates these outlets of the running task with their facts, and no other outlet."""
    from airflow.sdk import get_current_context

    context: Any = get_current_context()
    # When a task ends, Airflow updates the outlets that it has.
    context["task"].outlets = list(changed)
    for asset, extra in changed.items():
        context["outlet_events"][asset].extra = extra
