"""What gold knows of a conversation that is read; empty if gold cannot be read."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from cca.gold.open import open_gold
from cca.settings import Settings

log = logging.getLogger(__name__)

_COSTS = """
select message_id, cost_usd from marts.fct_api_messages
where is_price_known and message_id in (select unnest($ids::varchar[]))
"""


@lru_cache(maxsize=1)
def _opened(path: Path, changed: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001  (of the key)
    """Keeps gold open, because opening costs more than a query; a new publish is a new file."""
    return open_gold(path)


def message_costs(settings: Settings, message_ids: Sequence[str]) -> dict[str, Decimal]:
    """Message id to USD, of the messages that the pipeline has seen and that have a price."""
    return dict(gold_rows(settings, _COSTS, {"ids": list(message_ids)}))


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
