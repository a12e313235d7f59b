"""What single API messages cost, from gold; nothing where it cannot be read."""

import logging
from collections.abc import Sequence
from decimal import Decimal

import duckdb

from include.errors import CcaError
from include.settings import Settings

log = logging.getLogger(__name__)

_COSTS = """
select message_id, cost_usd from marts.fct_api_messages
where is_price_known and message_id in (select unnest(?::varchar[]))
"""


def message_costs(settings: Settings, message_ids: Sequence[str]) -> dict[str, Decimal]:
    """Message id to USD, of the messages that the pipeline has seen and that have a price."""
    from include.usage.reports import open_gold  # noqa: PLC0415  (DuckDB, where it is needed)

    if not message_ids or not settings.gold_path.exists():
        return {}
    try:
        with open_gold(settings.gold_path) as gold:
            return dict(gold.execute(_COSTS, [list(message_ids)]).fetchall())
    except (CcaError, duckdb.Error) as error:
        log.warning("gold cannot be read: %s", error)
        return {}
