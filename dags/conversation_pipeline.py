"""Conversations from MongoDB to lake, warehouse and gold.

Every hour, and whenever it is triggered, this DAG takes what the sync agents stored in MongoDB
and rebuilds what the dashboards read.

1. `resolve_window`: what this run owns. The trigger form decides; else a backfill run owns what
   *happened* in its data interval; else everything that *arrived* since the last published run.
   A wide window is cut into parts.
2. `extract`: makes the lake equal to MongoDB in each part.
3. `load`: brings the lake's difference into the raw tables.
4. `has_news`: where nothing changed, dbt and publish are skipped, and shown so.
5. `dbt_build` builds and tests all models in one process, as DuckDB has one writer. Each model has
   a task of its own under `dbt`, which ends as the build reports that model and its tests.
6. `publish`: gold, as a new read-only file.

Each step can be repeated, alone or with all that follow, and ends in the same state.

## Triage

- **resolve_window** red: the log says which field of the form cannot be used. Trigger again.
- **extract** red, "does not answer": MongoDB is down. Start it (`cca up`) and clear the task.
- **load** red, "Conflicting lock": another program has the warehouse file open for writing. Close
  it and clear the task; dashboards should open the gold file instead.
- **dbt_build** red: dbt could not run at all, its log says why. Clear it with downstream.
- **a model** red: the model or one of its tests failed, the log has dbt's message. The task builds
  that model alone up to twice more; after a fix clear it with downstream. Until then nothing is
  published and gold keeps the last good state.
- **publish** red: gold and warehouse disagree, or the disk is full: the old gold file stays. Or the
  Postgres of `GOLD_POSTGRES_URI` is away: gold is published, the copy is the old one.
- **green, but figures are old**: look at `cca status`; if entries are pending, the agent is behind.
"""

from datetime import datetime
from typing import Any

import pendulum
from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from cca_airflow.archive import mongo
from cca_airflow.defaults import DAG_DEFAULTS, GOLD, RAW, Tag, mart_assets
from cca_airflow.models import build_models, model_tasks

from cca.settings import get_settings
from cca.stack.airflow import POOL as WRITER_POOL

# parts of a wide window: one for each of two cores
PARTS = 2
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
    **DAG_DEFAULTS,
    doc_md=__doc__,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    # a plain cron string would give an interval of no length
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    params=PARAMS,
    tags=[Tag.PIPELINE],
)
def conversation_pipeline() -> None:
    """Window, extract, load, dbt, publish."""

    @task
    def resolve_window(
        params: dict[str, Any],
        dag_run: Any,
        data_interval_start: datetime | None = None,
        data_interval_end: datetime | None = None,
    ) -> list[dict[str, Any]]:
        from airflow.sdk.exceptions import AirflowFailException

        from cca.errors import SettingError
        from cca.extract.chunks import plan
        from cca.extract.window import resolve

        chosen = {name: params[name] for name in ("since", "until", "full_backfill")}
        is_backfill = dag_run.run_type == "backfill"
        interval = (data_interval_start, data_interval_end) if is_backfill else None
        try:
            window = resolve(**chosen, data_interval=interval)
        except SettingError as error:
            # asked again, it would be as wrong
            raise AirflowFailException(str(error)) from error
        with mongo(get_settings()) as uri:
            lake = params["storage_format"]
            parts = plan(get_settings(), uri, window, parts=PARTS, storage_format=lake).to_dict()
        return [part | {"mark": parts["mark"]} for part in parts["windows"]]

    @task(map_index_template="{{ window['start'] or window['kind'] }}")
    def extract(window: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        from airflow.sdk import get_current_context

        from cca.extract.run import extract
        from cca.extract.window import Window

        get_current_context()["window"] = window
        with mongo(get_settings()) as uri:
            owned, lake = Window.from_dict(window), params["storage_format"]
            report = extract(get_settings(), uri, owned, storage_format=lake)
        return {"documents": report.documents, "rejects": report.rejects, "files": report.files}

    @task(pool=WRITER_POOL, outlets=[RAW])
    def load(parts: list[dict[str, Any]], params: dict[str, Any]) -> bool:
        from cca.extract.chunks import Parts, finish
        from cca.load.raw import load

        lake, full_refresh = params["storage_format"], params["full_refresh"]
        extracted = Parts.from_dict({"windows": parts, "mark": parts[0]["mark"]})
        finish(get_settings(), extracted, storage_format=lake)
        report = load(get_settings(), storage_format=lake, full_refresh=full_refresh)
        return report.is_changed

    @task.short_circuit
    def has_news(loaded: bool, params: dict[str, Any]) -> bool:  # noqa: FBT001
        from cca.publish import postgres

        return loaded or params["full_refresh"] or postgres.is_due(get_settings())

    @task(pool=WRITER_POOL, inlets=[RAW], outlets=[GOLD, *mart_assets()])
    def publish(params: dict[str, Any]) -> str:
        from cca.publish.gold import publish

        return str(publish(get_settings(), storage_format=params["storage_format"]))

    parts = resolve_window()
    loaded = load(parts)
    extract.expand(window=parts) >> loaded
    is_new, published = has_news(loaded), publish()
    is_new >> build_models() >> published
    is_new >> model_tasks() >> published


conversation_pipeline()
