"""Counts what gold holds, in the few numbers that `cca up` prints at its end."""

from dataclasses import dataclass
from decimal import Decimal

from cca.gold.open import reading_gold
from cca.settings import Settings


@dataclass(frozen=True)
class Summary:
    """Counts over the whole archive; copies of one message in forks and resumes count once."""

    projects: int
    sessions: int
    messages: int
    api_messages: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    cache_read_tokens: int
    cost_usd: Decimal


_COUNTS = """
    select
        (select count(*) from marts.dim_projects),
        (select count(*) from marts.dim_sessions),
        (select count(*) from marts.fct_messages where role in ('user', 'assistant')),
        (select count(*) from marts.fct_api_messages),
        (select count(*) from marts.fct_tool_calls)
"""
_USAGE = """
    select
        coalesce(sum(input_tokens), 0)::bigint,
        coalesce(sum(output_tokens), 0)::bigint,
        coalesce(sum(cache_write_5m_tokens), 0)::bigint,
        coalesce(sum(cache_write_1h_tokens), 0)::bigint,
        coalesce(sum(cache_read_tokens), 0)::bigint,
        coalesce(sum(cost_usd), 0)::decimal(38, 8)
    from marts.fct_api_messages
"""


def summary(settings: Settings) -> Summary | None:
    """Read the published gold file; None before the first publish."""
    if not settings.gold_path.exists():
        return None
    with reading_gold(settings) as gold:
        counts, usage = gold.execute(_COUNTS).fetchone(), gold.execute(_USAGE).fetchone()
    return Summary(*(counts or ()), *(usage or ()))
