"""Conversations from MongoDB to lake, warehouse and gold.

Every hour, and on each trigger, this DAG extracts what the sync agents stored in MongoDB and builds
the data of the dashboards. `cca pipeline` runs the same steps without Airflow.

1. `resolve_window` decides what this run extracts: the range of the trigger form; or, in a backfill
   run, what *happened* in its data interval; or everything that *arrived* since the last run. No
   other step decides this. A long range is cut into chunks.
2. `extract`: makes the lake equal to MongoDB in each chunk.
3. `finish_extract`: moves the lake's high-water mark once all chunks are extracted.
4. `load`: loads the difference between lake and raw tables. If gold already holds all of it, dbt
   and publish are skipped; if only a copy of gold in another database failed, dbt alone is.
5. `dbt_build` builds and tests all models in one process, because DuckDB has one writer. Each model
   has its own task in the group `dbt`, which ends as the build reported that model and its tests.
6. `publish`: writes gold as a new read-only file.

You can repeat each step, alone or with all that follow; it ends in the same state.

## Triage

- **resolve_window** red: the log says which field of the form cannot be used; trigger again. Or
  "did not become ready", "does not answer": MongoDB is down. Start it (`cca up`) and clear the task
  with downstream.
- **extract** red, "does not answer": MongoDB went away. Start it (`cca up`) and clear the task.
- **load** red, "Conflicting lock": another program has the warehouse file open for writing. Close
  it and clear the task; dashboards should open the gold file instead.
- **dbt_build** red: dbt could not run; its log says why. Clear it with downstream.
- **a model** red: its log has dbt's message; for a failed test also the first rows that it found,
  and **Rendered Templates** the SQL. After a fix, clear the task with downstream; it builds the
  model and its tests. Until then nothing is published and gold keeps the last good state.
- **publish** red: gold and warehouse disagree, or the disk is full; the old gold file stays. Or the
  database of `GOLD_POSTGRES_URI` or `GOLD_DUCKLAKE_URI` is down; gold is published, its copy old.
- **green, but numbers are old**: run `cca status`; if entries are pending, the agent is behind.
"""

from datetime import datetime
from typing import Any

import pendulum
from airflow.sdk import CronDataIntervalTimetable, Param, dag, task
from cca_airflow.archive import mongo
from cca_airflow.defaults import DAG_DEFAULTS, GOLD, RAW, Tag, about, mart_assets, update_assets
from cca_airflow.models import dbt_tasks

from cca.settings import Settings, get_settings
from cca.stack.airflow import POOL as WRITER_POOL
from cca.timetable import CRON, PIPELINE

# Chunks of a wide window: one for each of two cores.
CHUNKS = 2
# What the first task reads anyhow; a typo is refused at once.
_TIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$"
PARAMS = {
    "since": Param(
        None,
        type=["null", "string"],
        format="date-time",
        pattern=_TIME,
        title="Since",
        description="Extract again what happened from here on. Empty: only what is new. "
        "Not in a backfill: there each run takes its own hour.",
    ),
    "until": Param(
        None,
        type=["null", "string"],
        format="date-time",
        pattern=_TIME,
        title="Until",
        description="… and before this. Empty: until now. Not in a backfill.",
    ),
    "full_backfill": Param(
        False,
        type="boolean",
        title="Full backfill",
        description="Extract everything MongoDB has, whatever the lake holds already. "
        "Not in a backfill.",
    ),
    "full_refresh": Param(
        False,
        type="boolean",
        title="Full refresh",
        description="Load raw tables and build every model from nothing. Not in a backfill: "
        "each of its runs would do so.",
    ),
    "storage_format": Param(
        get_settings().storage_format,
        type="string",
        enum=["parquet", "iceberg"],
        title="Storage format",
        description="The lake to write and to load from.",
    ),
}


def settings_of(params: dict[str, Any]) -> Settings:
    """Return the settings of a run with these parameters."""
    from cca.lake.manifest import with_format

    return with_format(get_settings(), params["storage_format"])


def skip_after(task: Any, *, but: str) -> None:
    """End a task well and skip all that follow but one."""
    from airflow.sdk.exceptions import DownstreamTasksSkipped

    rest = {each.task_id for each in task.get_flat_relatives(upstream=False)}
    raise DownstreamTasksSkipped(tasks=sorted(rest - {but}))


@dag(
    **DAG_DEFAULTS,
    **about(__doc__),
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    # A plain cron string would give an interval of no length.
    schedule=CronDataIntervalTimetable(CRON[PIPELINE], timezone="UTC"),
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

        from cca import pipeline
        from cca.errors import SettingError
        from cca.extract.request import Request, window_of

        interval = (dag_run.logical_date, data_interval_start, data_interval_end)
        try:
            request = Request(dag_run.run_type, dag_run.conf or {}, params, *interval)
            window = window_of(request, PARAMS)
        except SettingError as error:
            # A retry would fail as well.
            raise AirflowFailException(str(error)) from error
        settings = settings_of(params)
        with mongo(settings) as uri:
            return [chunk.to_dict() for chunk in pipeline.plan(settings, uri, window, CHUNKS)]

    @task(map_index_template="{{ window['start'] or window['kind'] }}")
    def extract(window: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        from airflow.sdk import get_current_context

        from cca import pipeline

        get_current_context()["window"] = window
        settings = settings_of(params)
        with mongo(settings) as uri:
            report = pipeline.extract_chunk(settings, uri, window)
        return {"documents": report.documents, "rejects": report.rejects, "files": report.files}

    @task
    def finish_extract(chunks: list[dict[str, Any]], params: dict[str, Any]) -> str:
        from cca import pipeline

        return f"high-water mark: {pipeline.finish_extract(settings_of(params), chunks)}"

    @task(pool=WRITER_POOL, outlets=[RAW])
    def load(params: dict[str, Any], task: Any = None) -> int:
        from cca import pipeline

        settings, full_refresh = settings_of(params), params["full_refresh"]
        loaded = pipeline.load(settings, full_refresh=full_refresh)
        rows = {"rows_added": loaded.rows_added, "rows_deleted": loaded.rows_deleted}
        is_changed = full_refresh or any(rows.values())
        update_assets({RAW: {"load": loaded.load_seq, **rows}} if is_changed else {})
        if not pipeline.has_news(settings, loaded, full_refresh=full_refresh):
            skip_after(task, but="publish" if pipeline.lacks_copy(settings) else "")
        return loaded.load_seq

    # What was skipped does not hold it back: models are waited for only where one failed.
    @task(
        pool=WRITER_POOL,
        trigger_rule="none_failed",
        inlets=[RAW],
        outlets=[GOLD, *mart_assets()],
    )
    def publish(params: dict[str, Any]) -> str:
        from cca import pipeline
        from cca.gold import state
        from cca.gold.changes import changes

        settings = settings_of(params)
        older = settings.gold_path.resolve()
        newer = pipeline.publish(settings)
        load = state.read(settings).load_seq
        changed = {name: each for name, each in changes(older, newer).items() if each.is_changed}
        marts = {
            mart: {"load": load, "rows": changed[mart.name].rows}
            for mart in mart_assets()
            if mart.name in changed
        }
        gold = {GOLD: {"load": load, "file": newer.name, "changed": len(changed)}}
        update_assets(gold | marts if changed else {})
        return f"{newer}: {len(changed)} tables changed"

    chunks = resolve_window()
    loaded, published = load(), publish()
    extract.expand(window=chunks) >> finish_extract(chunks) >> loaded
    _, built, repaired = dbt_tasks()
    loaded >> built
    [built, repaired] >> published


conversation_pipeline()
