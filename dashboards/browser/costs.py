"""What gold knows of a conversation that is read; empty if gold cannot be read."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from cca.dashboards.browser.sessions import MAX_CHOICES
from cca.dashboards.browser.state import State
from cca.gold.measures.select import select
from cca.gold.measures.usage import COST_USD
from cca.gold.open import open_gold
from cca.gold.pull_requests import SESSIONS_OF, name_of
from cca.settings import Settings

log = logging.getLogger(__name__)

_COSTS = """
select message_id, cost_usd from marts.fct_api_messages
where is_price_known and message_id in (select unnest($ids::varchar[]))
"""
_OF_AGENT = select(
    [COST_USD], ["session_id"], where="m.session_id = $session and m.agent_id = $agent"
)
_PULL_REQUESTS = """
select distinct m.pull_request, p.pull_request_url
from marts.fct_api_messages as m left join marts.fct_pull_requests as p using (pull_request)
where m.session_id = $session and m.pull_request is not null order by 1 limit 3
"""
_OPENED = """
select pull_request from marts.fct_pull_requests
where $project in ('', project_key, project_id) order by opened_at desc, pull_request limit $limit
"""


@lru_cache(maxsize=1)
def _opened(path: Path, changed: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001  (of the key)
    """Keeps gold open, because opening costs more than a query; a new publish is a new file."""
    return open_gold(path)


def message_costs(settings: Settings, message_ids: Sequence[str]) -> dict[str, Decimal]:
    """Message id to USD, of the messages that the pipeline has seen and that have a price."""
    return dict(gold_rows(settings, _COSTS, {"ids": list(message_ids)}))


def agent_cost(settings: Settings, session: str, agent: str) -> Decimal | None:
    """USD of one subagent, as far as the pipeline has seen its responses."""
    rows = gold_rows(settings, _OF_AGENT, {"session": session, "agent": agent})
    return rows[0][1] if rows else None


def pull_requests(settings: Settings, session: str) -> list[tuple[str, str]]:
    """The pull requests that a session worked on, each with its address or ""."""
    rows = gold_rows(settings, _PULL_REQUESTS, {"session": session})
    return [(name, url if str(url).startswith("https://") else "") for name, url in rows]


def sessions_of(settings: Settings, state: State) -> list[str] | None:
    """The sessions that worked on the chosen pull request; None without one."""
    if not state.pr:
        return None
    rows = gold_rows(settings, SESSIONS_OF, {"pull_request": name_of(state.pr)})
    return [str(session) for (session,) in rows]


def opened_pull_requests(settings: Settings, project: str) -> list[str]:
    """The pull requests there are to choose, of a project if one is chosen; the newest first."""
    rows = gold_rows(settings, _OPENED, {"project": project, "limit": MAX_CHOICES})
    return [str(name) for (name,) in rows]


def gold_rows(settings: Settings, sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a query; none before a publish and where the file cannot be read."""
    try:
        found = settings.gold_path.stat()
    except FileNotFoundError:
        return []
    try:
        gold = _opened(settings.gold_path.resolve(), found.st_mtime_ns)
        with gold.cursor() as cursor:
            return cursor.execute(sql, given).fetchall()
    except duckdb.Error as error:
        log.warning("gold cannot be read: %s", error)
        return []
