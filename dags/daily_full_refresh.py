"""Builds everything again each night and compares all stores.

At 02:00 UTC `conversation_pipeline` runs with a full refresh: it builds raw tables and every model
from scratch, so an error of an incremental build lasts a day at most. Then the counts of MongoDB,
lake, raw tables and gold are compared.

## Triage

- **refresh** red: the triggered run of `conversation_pipeline` failed; its page says where and what
  to do. Clear this task afterwards.
- **reconcile** red: the log names the stores that disagree and the command that fixes it. You can
  run the same check at any time: `cca doctor --data`.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, task
from cca_airflow.archive import mongo
from cca_airflow.defaults import DAG_DEFAULTS, Tag, about, at

from cca.settings import get_settings
from cca.timetable import CRON, PIPELINE, REFRESH


@dag(
    **DAG_DEFAULTS,
    **about(__doc__),
    schedule=at(CRON[REFRESH]),
    params={
        "full_backfill": Param(
            False,
            type="boolean",
            title="Full backfill",
            description="Extract everything MongoDB has as well.",
        ),
    },
    render_template_as_native_obj=True,
    tags=[Tag.SCHEDULE],
)
def daily_full_refresh() -> None:
    """Refresh, then compare."""
    refresh = TriggerDagRunOperator(
        task_id="refresh",
        trigger_dag_id=PIPELINE,
        trigger_run_id="full_refresh__{{ run_id }}__{{ ti.try_number }}",
        conf={"full_refresh": True, "full_backfill": "{{ params.full_backfill }}"},
        wait_for_completion=True,
        deferrable=True,
        poke_interval=5,
    )

    # A run that began meanwhile makes stores differ until it ends.
    @task(retries=3, retry_delay=timedelta(minutes=5))
    def reconcile() -> dict[str, Any]:
        from cca.doctor.reconcile import reconcile
        from cca.errors import WarehouseError

        with mongo(get_settings()) as uri:
            checks = list(reconcile(get_settings(), uri))
        wrong = [
            f"{each.name}: {each.detail}; {each.fix}" for each in checks if each.status == "fail"
        ]
        if wrong:
            raise WarehouseError("stores disagree\n" + "\n".join(wrong))
        return {each.name: each.detail for each in checks}

    refresh >> reconcile()


daily_full_refresh()
