"""Queries of the published gold file, each answered once for a file.

A file is known by device, inode and time: a new publish moves the link, and the next page reads
the new file. What was read from one file is kept, as the file never changes.
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cca.dashboards.browser.numbers.bars import Axis
from cca.dashboards.browser.numbers.choice import Choice
from cca.errors import CcaError
from cca.gold.measures.select import OF_PERSON, OF_PROJECT
from cca.gold.open import rows_of
from cca.gold.pull_requests import RESPONSES_OF, SESSIONS_OF, name_of
from cca.gold.state import published_high_water_mark
from cca.settings import Settings
from cca.transcript.projects import key_or_folder

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gold:
    """One published file."""

    path: Path
    identity: tuple[int, int, int]
    published_at: datetime
    timezone: str
    # What arrived until then is in it.
    reaches: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Asked:
    """What a page is made from: the file, the choice and the day it is."""

    gold: Gold
    choice: Choice
    today: date
    settings: Settings

    def rows(self, sql: str, **more: Any) -> tuple[Row, ...]:
        """Rows of a query that may name $since, $until, a filter of the choice and `more`."""
        return self._rows(self.choice, sql, **more)

    def rows_of_all(self, sql: str, **more: Any) -> tuple[Row, ...]:
        """The same of every time and project."""
        return self._rows(Choice(), sql, **more)

    def rows_of(self, choice: Choice, sql: str, **more: Any) -> tuple[Row, ...]:
        return self._rows(choice, sql, **more)

    def cursor(self) -> "duckdb.DuckDBPyConnection":
        """A cursor of the file, for a query that others define."""
        return _connection(self.gold).cursor()

    def _rows(self, choice: Choice, sql: str, **more: Any) -> tuple[Row, ...]:
        since, until = choice.period(self.today)
        given = {
            "since": since,
            "until": until,
            "project": key_or_folder(choice.project) or None,
            "user": choice.user or None,
            "model": choice.model or None,
            "host": choice.host or None,
            "pull_request": name_of(choice.pr) or None,
            "timezone": self.gold.timezone,
            "up_to": None,
            **more,
        }
        named = tuple((name, value) for name, value in given.items() if f"${name}" in sql)
        return _answer(self.gold, sql, named)

    def up_to(self, choice: Choice) -> datetime | None:
        """Where the period before the chosen one ends so that it holds the same hours.

        The moment is on the clock of reports, as far into that period as the numbers reach into
        the chosen one; None where both are whole.
        """
        since, until = choice.period(self.today)
        before, reaches = choice.before(self.today), self.gold.reaches
        if since is None or before is None or reaches is None:
            return None
        last = reaches.astimezone(ZoneInfo(self.gold.timezone)).replace(tzinfo=None)
        if not since <= last.date() <= min(until or self.today, self.today):
            return None
        same = last - (since - before.first)
        return same if same.date() <= before.last else None

    def in_utc(self, moment: datetime | None) -> datetime | None:
        """A moment of the clock of reports as gold stores times."""
        zone = ZoneInfo(self.gold.timezone)
        return moment and moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)

    def axis(self, page: str) -> Axis:
        """The axis of a chart: from the first day chosen, if one is, until today."""
        since, until = self.choice.period(self.today)
        last = min(until or self.today, self.today)
        return Axis(since, last, self.choice.unit, lambda unit: self.choice.link(page, unit=unit))

    def conversations(self, **more: str) -> str:
        return self.choice.conversations(self.today, **more)


def current(settings: Settings) -> Gold | None:
    """The published file, or None before anything was published."""
    try:
        found = settings.gold_path.stat()
    except FileNotFoundError:
        return None
    timezone = ZoneInfo(settings.timezone)
    published = datetime.fromtimestamp(found.st_mtime, timezone)
    identity = (found.st_dev, found.st_ino, found.st_mtime_ns)
    return Gold(settings.gold_path, identity, published, settings.timezone, _reaches(settings))


def _reaches(settings: Settings) -> datetime | None:
    try:
        return published_high_water_mark(settings)
    except CcaError as error:
        log.warning("what was published last cannot be read: %s", error)
        return None


@lru_cache(maxsize=512)
def _answer(gold: Gold, sql: str, bound: tuple[tuple[str, Any], ...]) -> tuple[Row, ...]:
    return tuple(rows_of(cursor_of(gold), sql, dict(bound)))


def cursor_of(gold: Gold) -> "duckdb.DuckDBPyConnection":
    """A cursor of one's own, as threads may not share one."""
    return _connection(gold).cursor()


@lru_cache(maxsize=2)
def _connection(gold: Gold) -> "duckdb.DuckDBPyConnection":
    from cca.gold.open import open_gold  # noqa: PLC0415  (DuckDB, where it is needed)

    return open_gold(gold.path)


_CHOSEN = f"""
($since::date is null or m.day >= $since) and ($until::date is null or m.day <= $until)
and {OF_PROJECT} and {OF_PERSON}
and ($host::varchar is null or m.host = $host)
"""
# The filters of a page as SQL, for facts that know day, session and machine; models beside. Such a
# fact is counted for each pull request that its session worked on.
FILTERED = f"""{_CHOSEN}
and ($pull_request::varchar is null or m.session_id in ({SESSIONS_OF}))
"""
OF_MODEL = "and ($model::varchar is null or coalesce(m.model, 'unknown') = $model)"
# The same for facts that know their response: one is counted for the pull request it belongs to.
ANSWERED = f"""{_CHOSEN} {OF_MODEL}
and ($pull_request::varchar is null or m.message_id in ({RESPONSES_OF}))
"""
PROJECTS = """
select project_key, project_id, coalesce(project_path, '') as project_path
from marts.dim_projects order by 1
"""
