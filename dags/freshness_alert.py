"""Fails, and so sends an alert, if published data is older than `STALE_HOURS` allows.

Every half hour this DAG looks for documents that arrived more than `STALE_HOURS` ago and are not in
the published gold file. If there are no new conversations, it succeeds.

## Triage

- **check** red: `conversation_pipeline` did not succeed for hours. Look at its last runs; `cca
  status` shows what waits where. When a run succeeds, the next check is green.
- **check** red, "does not answer": MongoDB is down. Start it (`cca up`).
"""

from datetime import timedelta

from airflow.sdk import dag, task
from cca_airflow.archive import mongo
from cca_airflow.defaults import DAG_DEFAULTS, Tag, about, at

from cca.settings import get_settings
from cca.timetable import CRON, FRESHNESS


@dag(
    **DAG_DEFAULTS,
    **about(__doc__),
    schedule=at(CRON[FRESHNESS]),
    tags=[Tag.UPKEEP],
)
def freshness_alert() -> None:
    """One look."""

    @task
    def check() -> str:
        from cca.gold.freshness import require_fresh

        with mongo(get_settings()) as uri:
            return require_fresh(get_settings(), uri, timedelta(hours=get_settings().stale_hours))

    check()


freshness_alert()
