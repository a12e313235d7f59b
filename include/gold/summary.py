"""Counts what gold holds, in the few numbers that `cca up` prints at its end."""

from dataclasses import dataclass
from decimal import Decimal

from cca.gold.measures import calls, sessions, usage
from cca.gold.measures.select import select
from cca.gold.open import reading_gold, rows_of
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


_PLACES = Decimal("0.00000001")
# Field of the summary: the measure that it is.
_MEASURES = (
    sessions.PROJECTS, sessions.SESSIONS, sessions.MESSAGES, usage.API_MESSAGES, calls.TOOL_CALLS,
    usage.INPUT_TOKENS, usage.OUTPUT_TOKENS, usage.CACHE_WRITE_5M_TOKENS,
    usage.CACHE_WRITE_1H_TOKENS, usage.CACHE_READ_TOKENS, usage.COST_USD,
)  # fmt: skip


def summary(settings: Settings) -> Summary | None:
    """Read the published gold file; None before the first publish."""
    if not settings.gold_path.exists():
        return None
    with reading_gold(settings) as gold:
        (found,) = rows_of(gold, select(_MEASURES))
    return Summary(**found | {"cost_usd": found["cost_usd"].quantize(_PLACES)})
