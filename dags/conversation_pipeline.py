"""Conversations from MongoDB to lake, warehouse and gold.

Every hour, and whenever it is triggered, this DAG takes what the sync agents stored in MongoDB
and rebuilds what the dashboards read.

1. `resolve_window`: what this run owns. The trigger form decides; else a backfill run owns what
   *happened* in its data interval; else everything that *arrived* since the last published run.
2. `extract`: makes the lake equal to MongoDB in that range.
3. `load`: brings the lake's difference into the raw tables.
4. `has_news`: where nothing changed, dbt and publish are skipped, and shown so.
5. `dbt`: one build (`dbt_producer_watcher`); each model's own task shows its state and its tests.
6. `publish`: gold, as a new read-only file.

Each step can be repeated, alone or with all that follow, and ends in the same state.

## Triage

- **extract** red, "does not answer": MongoDB is down. Start it (`cca up`) and clear the task.
- **load** red, "Conflicting lock": another program has the warehouse file open for writing. Close
  it and clear the task; dashboards should open the gold file instead.
- **a model** red: its log has dbt's message. Its own retries rebuild that model alone; after a fix
  clear it with downstream. Until then gold keeps the last good state.
- **its test** red: the numbers would be wrong, so nothing is published. Look at the failing rows
  with the SQL in the log.
- **publish** red: gold and warehouse disagree, or the disk is full. The old gold file stays.
- **green, but figures are old**: look at `cca status`; if entries are pending, the agent is behind.
"""

from datetime import datetime, timedelta
from typing import Any

import pendulum
from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from cca_airflow.archive import mongo
from cca_airflow.models import build_models, model_tasks

from include.embedded.airflow import POOL as WRITER_POOL
from include.settings import get_settings

DEFAULTS = {
    "owner": "cca",
    "retries": 2,
    "retry_delay": timedelta(seconds=15),
    "execution_timeout": timedelta(hours=2),
}
PARAMS = {
    "since": Param(
        None,
        type=["null", "string"],
        format="date-time",
        title="Since",
        description="Take again what happened from here on. Empty: only what is new.",
    ),
    "until": Param(
        None,
        type=["null", "string"],
        format="date-time",
        title="Until",
        description="… and before this. Empty: until now.",
    ),
    "full_backfill": Param(
        False,
        type="boolean",
        title="Full backfill",
        description="Extract everything MongoDB has, whatever the lake holds already.",
    ),
    "full_refresh": Param(
        False,
        type="boolean",
        title="Full refresh",
        description="Load raw tables and build every model from nothing.",
    ),
    "storage_format": Param(
        get_settings().storage_format,
        type="string",
        enum=["parquet", "iceberg"],
        title="Storage format",
        description="The lake to write and to load from.",
    ),
}


@dag(
    doc_md=__doc__,
    # a plain cron string would give an interval of no length
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULTS,
    params=PARAMS,
    tags=["pipeline", "hourly"],
)
def conversation_pipeline() -> None:
    """Window, extract, load, dbt, publish."""

    @task
    def resolve_window(
        params: dict[str, Any],
        dag_run: Any,
        data_interval_start: datetime | None = None,
        data_interval_end: datetime | None = None,
    ) -> dict[str, Any]:
        from include.extract.window import resolve

        chosen = {name: params[name] for name in ("since", "until", "full_backfill")}
        is_backfill = dag_run.run_type == "backfill"
        interval = (data_interval_start, data_interval_end) if is_backfill else None
        return resolve(**chosen, data_interval=interval).to_dict()

    @task
    def extract(window: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        from include.extract.run import extract
        from include.extract.window import Window

        with mongo(get_settings()) as uri:
            owned, lake = Window.from_dict(window), params["storage_format"]
            report = extract(get_settings(), uri, owned, storage_format=lake)
        return {"documents": report.documents, "rejects": report.rejects, "files": report.files}

    @task(pool=WRITER_POOL)
    def load(extracted: dict[str, Any], params: dict[str, Any]) -> bool:  # noqa: ARG001  (order)
        from include.load.raw import load

        lake, full_refresh = params["storage_format"], params["full_refresh"]
        report = load(get_settings(), storage_format=lake, full_refresh=full_refresh)
        return report.is_changed

    @task.short_circuit
    def has_news(loaded: bool, params: dict[str, Any]) -> bool:  # noqa: FBT001
        return loaded or params["full_refresh"]

    @task(pool=WRITER_POOL)
    def publish(params: dict[str, Any]) -> str:
        from include.publish.gold import publish

        return str(publish(get_settings(), storage_format=params["storage_format"]))

    is_new, published = has_news(load(extract(resolve_window()))), publish()
    is_new >> build_models() >> published
    is_new >> model_tasks() >> published


conversation_pipeline()
