"""What the light stack's scheduler starts and when, from the record of runs alone."""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from cca import timetable
from cca.errors import AlreadyRunning, WarehouseError
from cca.gold import runs
from cca.gold.freshness import freshness
from cca.locks import held
from cca.schedule import jobs, scheduler
from cca.schedule.jobs import Occasion
from cca.schedule.scheduler import News, due, last_start, scheduler_lock
from cca.settings import Settings, child_environment
from cca.sync_agent.agent import sync_once
from cca.waiting import wait_until

# A Sunday evening, and the Tuesday after it.
EVENING = datetime(2026, 11, 29, 20, 10, tzinfo=UTC)
TUESDAY = datetime(2026, 12, 1, 9, 20, tzinfo=UTC)
LINE = (
    '{"type":"user","uuid":"u1","sessionId":"s1","timestamp":"2026-11-01T10:00:00Z",'
    '"message":{"role":"user","content":"hello"}}\n'
)


def ran(settings: Settings, dag_id: str, at: datetime, state: str = "success") -> None:
    run = runs.Run(dag_id, f"{dag_id}_{at}", "scheduled", state, at, at + timedelta(seconds=9))
    runs.record(settings, run)


def all_due(settings: Settings, began: datetime, now: datetime) -> list[str]:
    """What runs one after the other, each of which is on record at once."""
    found = []
    while job := due(settings, began, now):
        found.append(job)
        ran(settings, job, now)
    return found


def test_what_was_missed_during_a_sleep_of_days_runs_once(settings: Settings) -> None:
    for dag_id in timetable.CRON:
        ran(settings, dag_id, EVENING)
    assert all_due(settings, EVENING, EVENING + timedelta(minutes=4)) == []
    # Thirty-seven hourly runs, two of the night, and seventy-four checks were missed.
    assert all_due(settings, EVENING, TUESDAY) == [
        timetable.REFRESH, timetable.PIPELINE, timetable.MAINTENANCE, timetable.FRESHNESS,
    ]  # fmt: skip


def test_a_first_start_makes_up_for_nothing(settings: Settings) -> None:
    assert all_due(settings, EVENING, EVENING + timedelta(minutes=4)) == []
    assert all_due(settings, EVENING, EVENING + timedelta(hours=1)) == [
        timetable.PIPELINE, timetable.FRESHNESS,
    ]  # fmt: skip


def test_what_airflow_did_is_not_done_again(settings: Settings) -> None:
    ran(settings, timetable.REFRESH, TUESDAY.replace(hour=2, minute=0, second=1))
    ran(settings, timetable.PIPELINE, TUESDAY.replace(minute=0, second=2))
    ran(settings, timetable.MAINTENANCE, TUESDAY.replace(hour=3, minute=30))
    ran(settings, timetable.FRESHNESS, TUESDAY.replace(minute=15))
    assert all_due(settings, EVENING, TUESDAY) == []


def test_a_run_that_failed_waits_for_its_next_time(settings: Settings) -> None:
    ran(settings, timetable.PIPELINE, TUESDAY.replace(minute=0, second=2), "failed")
    assert timetable.PIPELINE not in all_due(settings, TUESDAY, TUESDAY + timedelta(minutes=20))


def test_the_digest_comes_on_the_clock_of_the_time_zone_and_only_if_wanted(
    settings: Settings,
) -> None:
    assert timetable.latest(timetable.DIGEST, "Asia/Tokyo", TUESDAY) == datetime(
        2026, 11, 30, 22, tzinfo=UTC
    )
    wanted = settings.model_copy(update={"digest": "day", "timezone": "Asia/Tokyo"})
    ran(settings, timetable.DIGEST, EVENING)
    assert timetable.DIGEST not in all_due(settings, EVENING, TUESDAY)
    assert timetable.DIGEST in all_due(wanted, EVENING, TUESDAY)


@pytest.fixture
def inbox() -> Any:
    """A server that keeps each JSON message it gets; the address and the messages."""
    messages: list[dict[str, Any]] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with HTTPServer(("127.0.0.1", 0), Keep) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", messages
        server.shutdown()


def written(settings: Settings) -> None:
    folder = settings.claude_dirs[0] / "-srv-app"
    folder.mkdir(exist_ok=True)
    (folder / "s1.jsonl").write_text(LINE)
    sync_once(settings, settings.mongo_uri)


def test_entries_that_wait_too_long_are_told_of_and_the_check_is_on_record(
    settings: Settings, inbox: Any
) -> None:
    address, messages = inbox
    told = settings.model_copy(update={"alert_webhook": address, "stale_hours": 1e-9})
    written(told)
    with pytest.raises(WarehouseError, match="not published yet"):
        jobs.run(told, timetable.FRESHNESS)
    assert [each["kind"] for each in messages] == ["stale"]
    assert [run.state for run in runs.latest(told, timetable.FRESHNESS)] == ["failed"]


def test_a_missed_monday_still_brings_the_week_and_one_day(settings: Settings) -> None:
    wanted = settings.model_copy(update={"digest": "day,week"})
    found = jobs.digests(wanted, Occasion(EVENING, TUESDAY))
    assert sorted(found) == [("day", date(2026, 11, 30)), ("week", date(2026, 11, 29))]


def test_news_bring_one_run_for_each_state_of_gold(settings: Settings) -> None:
    news = News(settings, EVENING)
    later = EVENING + timedelta(minutes=settings.pipeline_minutes)
    assert not news.is_due(later), "the archive is empty"
    written(settings)
    assert freshness(settings).is_behind
    assert not news.is_due(later - timedelta(seconds=1))
    assert news.is_due(later)
    # The run failed, say: the hourly one tries again.
    assert not news.is_due(later + timedelta(hours=5))
    assert not News(settings.model_copy(update={"pipeline_minutes": 0}), EVENING).is_due(later)


def test_a_second_scheduler_ends_with_a_sentence(settings: Settings) -> None:
    with (
        scheduler_lock(settings),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"),
        scheduler_lock(settings),
    ):
        pass


def test_a_job_that_is_killed_is_put_on_record_and_told_of(
    settings: Settings, inbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, messages = inbox
    told = settings.model_copy(update={"alert_webhook": address})
    for name, value in told.as_environment().items():
        monkeypatch.setenv(name, value)
    began = datetime.now(UTC)
    waiting = settings.gold_dir / "going" / f"{timetable.MAINTENANCE}.lock"

    def kill() -> None:
        """The job waits for the lock that this test holds, so it is there to be killed."""
        import psutil  # noqa: PLC0415  (in the thread)

        def jobs_here() -> list[psutil.Process]:
            found = psutil.Process().children(recursive=True)
            return [each for each in found if timetable.MAINTENANCE in each.cmdline()]

        assert wait_until(lambda: bool(jobs_here()), 60)
        jobs_here()[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with held(waiting):
        killer.start()
        scheduler.start(told, timetable.MAINTENANCE, threading.Event())
    killer.join()
    assert last_start(settings, timetable.MAINTENANCE, EVENING) >= began
    assert [run.state for run in runs.latest(settings, timetable.MAINTENANCE)] == ["failed"]
    assert "code -9" in messages[0]["text"]


def test_a_run_is_shown_while_it_goes_on(settings: Settings) -> None:
    assert runs.going(settings) == []
    with runs.recorded(settings, timetable.PIPELINE, "here"):
        (shown,) = runs.going(settings)
        assert shown.startswith("conversation_pipeline, cca__20")
    assert runs.going(settings) == []
    assert [run.state for run in runs.latest(settings)] == ["success"]


def test_the_command_does_one_job_and_ends(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cca", "schedule", "--job", timetable.FRESHNESS],
        env=child_environment(settings.as_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [run.state for run in runs.latest(settings, timetable.FRESHNESS)] == ["success"]
