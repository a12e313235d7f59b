"""When each DAG runs: Airflow and the light stack's scheduler read the same lines."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim

from cca.settings import Settings

PIPELINE = "conversation_pipeline"
REFRESH = "daily_full_refresh"
MAINTENANCE = "maintenance"
FRESHNESS = "freshness_alert"
DIGEST = "work_digest"

# On the clock of UTC, but for the digest, which comes on that of TIMEZONE.
CRON = {
    PIPELINE: "0 * * * *",
    REFRESH: "0 2 * * *",
    MAINTENANCE: "30 3 * * *",
    FRESHNESS: "15,45 * * * *",
    DIGEST: "0 7 * * *",
}


def lock_path(settings: Settings) -> Path:
    """Return the file that a scheduler holds for as long as it lives."""
    return settings.gold_dir / "schedule.lock"


def latest(dag_id: str, timezone: str, now: datetime) -> datetime:
    """Return the last time before now at which the DAG was to run, in UTC.

    `timezone` is that of the digest.
    """
    zone = ZoneInfo(timezone if dag_id == DIGEST else "UTC")
    return next(CronSim(CRON[dag_id], now.astimezone(zone), reverse=True)).astimezone(UTC)
