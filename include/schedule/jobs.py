"""What the light stack does at each of the times: the work of the DAGs, without Airflow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pymongo.errors import PyMongoError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from cca import maintenance, pipeline, timetable
from cca.alerts import templates
from cca.alerts.send import Message, send
from cca.digest.read import Period
from cca.digest.send import due as due_digests
from cca.digest.send import send_digest
from cca.doctor.reconcile import reconcile
from cca.errors import CcaError, ServiceDown, WarehouseError
from cca.extract.window import resolve
from cca.gold import runs
from cca.gold.freshness import freshness, require_fresh
from cca.mongo.server import serving_mongo
from cca.settings import Settings

# As for the DAGs: what MongoDB refuses now it may give in a moment.
_ATTEMPTS, _PAUSE_SECONDS = 3, 15
_RUN_TYPE = "light stack"


@dataclass(frozen=True)
class Occasion:
    """Why a job runs: when it last did, and now; between them lies what it must make up for."""

    since: datetime
    now: datetime


def run(settings: Settings, dag_id: str, since: datetime | None = None) -> None:
    """Do a job once and put it on record; what fails is told where alerts go, and raised.

    Args:
        settings: Of this installation.
        dag_id: The DAG whose work it is, a key of `JOBS`.
        since: When the job last ran, in UTC; by default a day ago.

    Raises:
        CcaError: The job failed; the message says why.

    """
    now = datetime.now(UTC)
    occasion = Occasion(since or now - timedelta(days=1), now)
    retrying = Retrying(
        retry=retry_if_exception_type((ServiceDown, PyMongoError)),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_fixed(_PAUSE_SECONDS),
        reraise=True,
    )
    try:
        if dag_id == timetable.PIPELINE:
            # It records itself, as a run by hand does.
            retrying(JOBS[dag_id], settings, occasion)
        else:
            with runs.recorded(settings, dag_id, _RUN_TYPE):
                retrying(JOBS[dag_id], settings, occasion)
    except Exception as error:
        send(settings, _failure(settings, dag_id, error))
        raise


def tell_killed(settings: Settings, dag_id: str, began: datetime, reason: str) -> None:
    """Put a run on record whose process was ended from outside, and tell of it."""
    run_id = f"cca__{began.isoformat()}"
    runs.record(settings, runs.Run(dag_id, run_id, _RUN_TYPE, "failed", began, datetime.now(UTC)))
    send(settings, _failure(settings, dag_id, CcaError(reason)))


def _failure(settings: Settings, dag_id: str, error: Exception) -> Message:
    page = f"{settings.browser_address}/numbers/health"
    if dag_id == timetable.FRESHNESS and isinstance(error, WarehouseError):
        state = freshness(settings)
        if state.newest_at is not None:
            mark, hours = state.published_at, settings.stale_hours
            return templates.stale(state.newest_at, mark, hours, page)
    reason = str(error) or type(error).__name__
    return templates.failure(
        templates.FailedRun(dag_id, "light stack", "", reason, f"`cca logs schedule`, {page}")
    )


def _publish(settings: Settings, _occasion: Occasion, *, full_refresh: bool = False) -> None:
    with serving_mongo(settings) as uri:
        pipeline.run(settings, uri, pipeline.Options(resolve(), full_refresh))


def _refresh(settings: Settings, occasion: Occasion) -> None:
    _publish(settings, occasion, full_refresh=True)
    with serving_mongo(settings) as uri:
        wrong = [each for each in reconcile(settings, uri) if each.status == "fail"]
    if wrong:
        lines = [f"{each.name}: {each.detail}; {each.fix}" for each in wrong]
        raise WarehouseError("stores disagree\n" + "\n".join(lines))


def _keep_small(settings: Settings, _occasion: Occasion) -> None:
    for storage_format in ("parquet", "iceberg"):
        maintenance.compact_lake(settings, storage_format=storage_format)
        maintenance.remove_orphans(settings, storage_format=storage_format)
    maintenance.expire_snapshots(settings)
    maintenance.trim_buffer(settings)
    maintenance.prune_gold(settings)


def _check_freshness(settings: Settings, _occasion: Occasion) -> None:
    with serving_mongo(settings) as uri:
        require_fresh(settings, uri, timedelta(hours=settings.stale_hours))


def digests(settings: Settings, occasion: Occasion) -> list[tuple[Period, date]]:
    """Return one digest of each period, with a day in it: the last that became due meanwhile."""
    zone = ZoneInfo(settings.timezone)
    first = occasion.since.astimezone(zone).date() + timedelta(days=1)
    today = occasion.now.astimezone(zone).date()
    mornings = [first + timedelta(days=each) for each in range((today - first).days + 1)]
    newest = dict(each for day in mornings or [today] for each in due_digests(settings, day))
    return list(newest.items())


def _send_digests(settings: Settings, occasion: Occasion) -> None:
    for period, day in digests(settings, occasion):
        send_digest(settings, period, day)


JOBS: dict[str, Callable[[Settings, Occasion], None]] = {
    timetable.REFRESH: _refresh,
    timetable.PIPELINE: _publish,
    timetable.MAINTENANCE: _keep_small,
    timetable.DIGEST: _send_digests,
    timetable.FRESHNESS: _check_freshness,
}
