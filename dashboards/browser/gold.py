"""Figures of the Numbers page, from the published gold file.

A file is known by device, inode and time: a new publish moves the link, and the next page reads
the new file. What was read from one file is kept, as the file never changes.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from include.settings import Settings

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "": "All"}
MEASURES = {"": "Cost", "tokens": "Tokens"}
TOP_ROWS = 12

_BY_DAY = """
select day, coalesce(model, 'unknown') as model, sum(cost_usd)::decimal(38, 10) as cost,
    sum(input_tokens + output_tokens + cache_write_5m_tokens + cache_write_1h_tokens
        + cache_read_tokens)::bigint as tokens
from marts.fct_api_messages
where (? is null or day >= ?) and (? is null or project_id = ?)
group by all
order by day
"""

_UNPRICED = """
select model, count(*) as answers
from marts.fct_api_messages
where (? is null or day >= ?) and (? is null or project_id = ?) and not is_price_known
group by model
order by answers desc, model
"""

_BY_SESSION = """
select session_id, sum(cost_usd)::decimal(38, 10) from marts.fct_api_messages group by all
"""


@dataclass(frozen=True)
class Choice:
    """What the page shows; each field is a query parameter."""

    days: str = ""
    project: str = ""
    by: str = ""


@dataclass(frozen=True)
class DayOfModel:
    day: date
    model: str
    cost: Decimal
    tokens: int


@dataclass(frozen=True)
class Figures:
    totals: dict[str, Any]
    days: tuple[DayOfModel, ...]
    models: tuple[dict[str, Any], ...]
    projects: tuple[dict[str, Any], ...]
    sessions: tuple[dict[str, Any], ...]
    all_projects: tuple[dict[str, Any], ...]
    unpriced: tuple[tuple[str | None, int], ...]
    published_at: datetime


def figures(settings: Settings, choice: Choice) -> Figures | None:
    """The figures, or None before anything was published."""
    path = settings.gold_path
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    timezone = ZoneInfo(settings.timezone)
    published = datetime.fromtimestamp(found.st_mtime, timezone)
    identity = (found.st_dev, found.st_ino, found.st_mtime_ns)
    since = None
    if choice.days in PERIODS and choice.days:
        since = datetime.now(timezone).date() - timedelta(days=int(choice.days) - 1)
    return _read(identity, path, since, choice.project or None, published)


def session_cost(settings: Settings, session_id: str) -> Decimal | None:
    """What a session cost with its subagents, where the pipeline has seen it."""
    return session_costs(settings).get(session_id)


def session_costs(settings: Settings) -> dict[str, Decimal]:
    """What every session cost; read once for each gold file."""
    try:
        found = settings.gold_path.stat()
    except FileNotFoundError:
        return {}
    identity = (found.st_dev, found.st_ino, found.st_mtime_ns)
    return _costs(identity, settings.gold_path)


@lru_cache(maxsize=2)
def _costs(identity: tuple[int, int, int], path: Path) -> dict[str, Decimal]:  # noqa: ARG001
    from include.usage.reports import open_gold  # noqa: PLC0415  (DuckDB, where it is needed)

    with open_gold(path) as gold:
        return dict(gold.execute(_BY_SESSION).fetchall())


@lru_cache(maxsize=64)
def _read(
    identity: tuple[int, int, int],  # noqa: ARG001  (part of the cache's key)
    path: Path,
    since: date | None,
    project: str | None,
    published: datetime,
) -> Figures:
    from include.usage.reports import open_gold, report  # noqa: PLC0415  (DuckDB, where it is needed)

    models = report(path, "model", since, None, project)
    sessions = report(path, "session", since, None, project).rows
    with open_gold(path) as gold:
        days = gold.execute(_BY_DAY, [since, since, project, project]).fetchall()
        unpriced = gold.execute(_UNPRICED, [since, since, project, project]).fetchall()
    return Figures(
        totals=models.totals,
        days=tuple(DayOfModel(*row) for row in days),
        models=models.rows,
        projects=report(path, "project", since, None, project).rows,
        sessions=tuple(sorted(sessions, key=_cost, reverse=True)[:TOP_ROWS]),
        all_projects=report(path, "project").rows,
        unpriced=tuple(unpriced),
        published_at=published,
    )


def _cost(row: dict[str, Any]) -> Decimal:
    return Decimal(row["cost_usd"] or 0)
