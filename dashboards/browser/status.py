"""The status line: whether lines arrive, what the last pipeline run came to, how old gold is."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo.errors import PyMongoError
from tornado.web import RequestHandler

from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.guard import user_of
from cca.dashboards.browser.reach import answered
from cca.dashboards.browser.views import render
from cca.follow.state import MOST_WAITING, FollowerState
from cca.gold.runs import Run, going, latest
from cca.gold.state import published_high_water_mark
from cca.locks import holder
from cca.settings import Settings
from cca.stack import kind
from cca.stack.readiness import agent_health
from cca.timetable import PIPELINE, lock_path

# Longer than an hourly run may take, and a missed one.
_STALE = timedelta(hours=3)
# A line should be in MongoDB within seconds.
_SLOW_SECONDS = 60
# A follower reads this many in a moment.
_MANY_ENTRIES = 2000
_RANK = ("failed", "late", "ok", "unknown")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Line:
    """state: ok, late, failed or unknown."""

    name: str
    text: str
    state: str
    detail: str = ""


class Status(RequestHandler):
    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    async def get(self) -> None:
        try:
            found = await answered(self.desk.pulse, self._lines)
        except PyMongoError:
            found = await asyncio.to_thread(self._lines)
        worst = min(found, key=lambda line: _RANK.index(line.state))
        self.set_header("Cache-Control", "no-store")
        html = render(
            "status.html", self.desk.archive.timezone, lines=found, user=user_of(self),
            worst=worst.state,
            remark="" if worst.state in {"ok", "unknown"} else f"{worst.name}: {worst.text}",
        )  # fmt: skip
        self.finish(str(html))

    def _lines(self) -> list[Line]:
        return list(lines(self.desk, datetime.now(UTC)))


def lines(desk: Desk, now: datetime) -> Iterator[Line]:
    """One for each part that data passes, in that order."""
    yield _sync(desk.settings)
    if desk.pulse.is_reachable:
        yield Line("Archive", "MongoDB answers", "ok")
        yield _follower(desk.follower())
    else:
        yield Line("Archive", "MongoDB does not answer", "failed", "No data is lost.")
    runs = latest(desk.settings, PIPELINE)
    run = max(runs, key=_ended, default=None)
    if run is not None or not desk.settings.gold_path.exists():
        yield _pipeline(run, now)
    if kind.is_light(desk.settings):
        yield _scheduler(desk.settings)
    yield _gold(desk.settings, now)


def _sync(settings: Settings) -> Line:
    health = agent_health(settings)
    if health is None:
        return Line("Sync", "The agent is not running here", "unknown", "cca up --only sync")
    pending, letters = int(health.get("pending") or 0), int(health.get("deadLetters") or 0)
    waits = float(health.get("oldestPendingSeconds") or 0)
    unread = f"{letters:,} {'line' if letters == 1 else 'lines'} could not be read"
    detail = f"{unread}: cca dead-letters list" if letters else ""
    if not health.get("mongoConnected", True):
        waiting = f"{pending:,} entries wait" if pending else "Nothing is lost"
        detail = detail or waiting
        return Line("Sync", "The agent cannot reach MongoDB", "failed", detail)
    if pending and waits > _SLOW_SECONDS:
        return Line(
            "Sync", f"{pending:,} entries not yet stored, oldest {ago(waits)}", "late", detail
        )
    if letters:
        return Line("Sync", unread, "late", "cca dead-letters list")
    return Line("Sync", "Up to date", "ok")


def _follower(state: FollowerState | None) -> Line:
    """Whether search and lists hold what the archive holds."""
    if state is None or state.is_running is None:
        return Line("Search and lists", "No follower has run here", "unknown", "cca follow")
    behind = f"{state.waiting:,}{'+' if state.waiting == MOST_WAITING else ''}"
    behind += " entry" if state.waiting == 1 else " entries"
    if not state.is_running:
        detail = f"{behind} missing; run cca up, or cca follow" if state.waiting else "cca follow"
        return Line("Search and lists", "Not running", "late", detail)
    if state.waiting > _MANY_ENTRIES:
        return Line("Search and lists", f"{behind} behind", "late", "catching up")
    return Line("Search and lists", "Up to date", "ok")


def _pipeline(run: Run | None, now: datetime) -> Line:
    if run is None:
        return Line("Pipeline", "Has not run yet", "unknown", "cca pipeline")
    since = f"{ago((now - _ended(run)).total_seconds())} ago"
    if run.state == "failed":
        return Line("Pipeline", f"Failed {since}", "failed", f"{run.run_type}: see cca logs")
    took = f"finished in {ago(run.seconds)}" if run.seconds else ""
    return Line("Pipeline", f"Succeeded {since}", "ok", took)


def _scheduler(settings: Settings) -> Line:
    """Who runs the pipeline where Airflow does not; somebody may run it by hand alone."""
    if holder(lock_path(settings)) is None:
        return Line("Scheduler", "Does not run", "unknown", "cca up --light")
    now = ", ".join(each.partition(",")[0] for each in going(settings))
    return Line("Scheduler", f"Runs {now} now" if now else "Runs", "ok")


def _ended(run: Run) -> datetime:
    return run.ended_at or run.started_at or datetime.min.replace(tzinfo=UTC)


def _gold(settings: Settings, now: datetime) -> Line:
    try:
        at = datetime.fromtimestamp(settings.gold_path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return Line("Analytics", "Not published yet", "unknown", "cca pipeline")
    mark = published_high_water_mark(settings)
    detail = f"data up to {mark:%Y-%m-%d %H:%M} UTC" if mark else ""
    age = now - at
    text = f"Updated {ago(age.total_seconds())} ago"
    return Line("Analytics", text, "late" if age > _STALE else "ok", detail)


def ago(seconds: float) -> str:
    """A time span the way a person says it."""
    for unit, size in (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return "< 1 min"
