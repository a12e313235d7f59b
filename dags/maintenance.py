"""Keeps lake, buffer, gold and Airflow itself small.

Every night at 03:30 UTC this DAG merges small lake files of past days; deletes orphan files;
deletes Iceberg snapshots, gold files and past warehouses older than a week; frees the unused pages
of the sync agent's buffer; and deletes runs, events and task logs of Airflow that are older than
`AIRFLOW_KEEP_DAYS`. It does not touch MongoDB.

## Triage

- **any task** red: the log names file and reason, mostly a full disk or missing rights. You can
  repeat every task at any time; a skipped task costs only space.
- **compact** red for one format: the other one is done; clear only that task.
"""

from dataclasses import asdict
from typing import Any

from airflow.sdk import dag, task
from cca_airflow.defaults import DAG_DEFAULTS, Tag, about, at

from cca.settings import get_settings
from cca.timetable import CRON, MAINTENANCE


@dag(
    **DAG_DEFAULTS,
    **about(__doc__),
    schedule=at(CRON[MAINTENANCE]),
    tags=[Tag.UPKEEP],
)
def maintenance() -> None:
    """One task for each kind of upkeep."""

    @task(map_index_template="{{ storage_format }}")
    def compact(storage_format: str) -> dict[str, Any]:
        from airflow.sdk import get_current_context

        from cca.maintenance import compact_lake, remove_orphans

        get_current_context()["storage_format"] = storage_format
        done = asdict(compact_lake(get_settings(), storage_format=storage_format))
        return done | asdict(remove_orphans(get_settings(), storage_format=storage_format))

    @task
    def expire_snapshots() -> dict[str, Any]:
        from cca.maintenance import expire_snapshots

        return asdict(expire_snapshots(get_settings()))

    @task
    def trim_buffer() -> dict[str, Any]:
        from cca.maintenance import trim_buffer

        return asdict(trim_buffer(get_settings()))

    @task
    def prune_gold() -> dict[str, Any]:
        from cca.maintenance import prune_gold

        return asdict(prune_gold(get_settings()))

    @task
    def clean_airflow_database() -> str:
        from cca.stack.airflow_upkeep import clean_database

        return f"deleted what is older than {clean_database(get_settings()):%Y-%m-%d}"

    @task
    def clean_task_logs() -> dict[str, Any]:
        from cca.stack.airflow_upkeep import clean_logs

        return asdict(clean_logs(get_settings()))

    # Expiring rewrites what compaction left: one after the other on the same tables.
    compact.expand(storage_format=["parquet", "iceberg"]) >> expire_snapshots()
    trim_buffer()
    prune_gold()
    clean_airflow_database() >> clean_task_logs()


maintenance()
