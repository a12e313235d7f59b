"""Publishes new conversations within minutes of their arrival.

The triggerer looks at MongoDB every minute. Where documents came that gold does not hold, and the
last look that found some is `PIPELINE_MINUTES` ago, it updates the asset `archive`, and this DAG
triggers `conversation_pipeline`. While no new gold is published it triggers no second run.
`PIPELINE_MINUTES=0` leaves all to the hourly run.

## Triage

- **trigger** red: `conversation_pipeline` is paused or cannot be read; look at it first.
- **published_state** skipped: a run of the pipeline goes on. What comes too late for it is found at
  the next look.
- **trigger** skipped: a run for this state of gold was triggered already; if that failed, its own
  page says why, and the hourly run tries again.
- **no runs although conversations come**: is the triggerer healthy (the dots on Home), and does
  the sync agent deliver (`cca status`)?
"""

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, AssetWatcher, dag, task
from cca_airflow.archive import ArrivedTrigger
from cca_airflow.defaults import DAG_DEFAULTS, Tag, about

from cca.settings import get_settings
from cca.timetable import PIPELINE

MINUTES = get_settings().pipeline_minutes
ARCHIVE = Asset(
    "archive",
    uri="cca://archive",
    group="cca",
    watchers=[AssetWatcher(name="arrivals", trigger=ArrivedTrigger(MINUTES))] if MINUTES else [],
)


@dag(**DAG_DEFAULTS, **about(__doc__), schedule=[ARCHIVE], tags=[Tag.SCHEDULE])
def new_conversations() -> None:
    """News, then a run."""

    @task
    def published_state(task_instance: Any) -> str:
        from airflow.exceptions import AirflowSkipException

        from cca.gold.state import published_high_water_mark

        if task_instance.get_dr_count(PIPELINE, states=["queued", "running"]):
            raise AirflowSkipException("a run goes on; what it leaves starts one at the next look")
        mark = published_high_water_mark(get_settings())
        return mark.isoformat() if mark else "nothing"

    state = published_state()
    trigger = TriggerDagRunOperator(
        task_id="trigger",
        trigger_dag_id=PIPELINE,
        # One run for each state of gold: a run that goes on, or failed, is not joined by a second.
        trigger_run_id=f"news__after_{state}",
        skip_when_already_exists=True,
    )
    state >> trigger


new_conversations()
