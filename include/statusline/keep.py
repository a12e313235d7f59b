"""What publish tells the status line: costs of the day, of the block that runs, and of sessions."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from cca.budgets.standing import standings_of
from cca.budgets.stored import read
from cca.errors import CcaError
from cca.gold.measures import usage
from cca.gold.measures.select import select
from cca.gold.open import open_gold
from cca.settings import Settings
from cca.statusline.state import Section, update

log = logging.getLogger(__name__)

# An older session counts as new when somebody goes on with it.
_SESSION_DAYS = 30
# The values are written into the statements: for parameters DuckDB would import pandas, which takes
# longer than the questions.
_SINCE = (
    "m.session_id in (select session_id from marts.fct_api_messages where day >= date '{since}')"
)
_BLOCK = """
select epoch(block_end) as ends_at, cost_usd from marts.agg_billing_blocks
where block_end > timestamp '{now}' order by block_start desc limit 1
"""


def tell(settings: Settings, gold: Path, now: datetime | None = None) -> None:
    """Write what a gold file says into the state file; a failure is logged and stops no publish."""
    try:
        update(settings.cca_home, "published", _published(settings, gold, now or datetime.now(UTC)))
    except (CcaError, OSError, duckdb.Error) as error:
        log.warning("the status line was not told of the publish: %s", error)


def _published(settings: Settings, path: Path, now: datetime) -> Section:
    zone = ZoneInfo(settings.timezone)
    today = now.astimezone(zone).date()
    since = today - timedelta(days=_SESSION_DAYS)
    with open_gold(path) as gold:
        day = select([usage.COST_USD], where=f"m.day = date '{today}'")
        (day_usd,) = gold.execute(day).fetchall()[0]
        by_session = select([usage.COST_USD], ["session_id"], _SINCE.format(since=since))
        sessions = gold.execute(by_session).fetchall()
        blocks = gold.execute(_BLOCK.format(now=now.replace(tzinfo=None))).fetchall()
        budgets = [one for one in standings_of(gold, read(settings), today) if one.budget.is_total]
    return {
        "at": now.timestamp(),
        "day_ends_at": _midnight_after(today, zone),
        "day_usd": float(day_usd),
        "sessions": {session: round(float(usd), 4) for session, usd in sessions},
        "block": {"ends_at": blocks[0][0], "usd": float(blocks[0][1])} if blocks else None,
        "budgets": [
            {
                "usd": float(one.budget.usd),
                "spent_usd": float(one.spent_usd),
                "ends_at": _midnight_after(one.last, zone),
            }
            for one in budgets
        ],
    }


def _midnight_after(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
