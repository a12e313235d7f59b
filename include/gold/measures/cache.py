"""Measures of the prompt cache: what it saved, and what was written to it again."""

from functools import partial

from cca.gold.measures.model import Measure, ratio
from cca.gold.measures.usage import API_MESSAGES, COST_USD

_TABLE = "fct_api_messages"
# A response that wrote again what was in the cache.
BREAK = "cache_break_cause is not null"
_break = partial(Measure, table=_TABLE, population=BREAK)

CACHE_BREAKS = _break(
    name="cache_breaks", how="count", unit="count", label="Cache breaks",
    description=(
        "Responses that wrote at least 1024 tokens to the cache again which were in it; rule and "
        "causes stand in docs/cache-and-context.md."
    ),
)  # fmt: skip
REWRITTEN_TOKENS = _break(
    name="rewritten_tokens", how="sum", unit="tokens", column="rewritten_tokens",
    label="Tokens written again",
    description="Tokens that cache breaks wrote again; after a compaction all that was written.",
)  # fmt: skip
CACHE_BREAK_USD = _break(
    name="cache_break_usd", how="sum", unit="USD", column="cache_break_usd",
    label="Cost of cache breaks",
    description="What writing tokens again cost, less what reading them would have cost.",
)  # fmt: skip
BROKEN_SESSIONS = _break(
    name="broken_sessions", how="distinct", unit="count", column="session_id",
    label="Sessions with a cache break", description="Sessions with at least one cache break.",
)  # fmt: skip
CACHE_WRITING_MESSAGES = Measure(
    "cache_writing_messages", _TABLE, "count", "count", "Responses that wrote to the cache",
    "Responses that wrote to the cache at all; most of them wrote what was new.",
    population="cache_write_5m_tokens + cache_write_1h_tokens > 0",
)  # fmt: skip
CACHE_BREAK_RATE = ratio(
    "cache_break_rate", CACHE_BREAKS, API_MESSAGES, "share", "Share of cache breaks",
    "Share of the responses that wrote to the cache again what was in it.",
)  # fmt: skip
CACHE_BREAK_SHARE_USD = ratio(
    "cache_break_share_usd", CACHE_BREAK_USD, COST_USD, "share", "Cache breaks of the cost",
    "Share of the cost that cache breaks caused.",
)  # fmt: skip
SHORTFALLS = Measure(
    "shortfalls", "fct_cache_breaks", "count", "count", "Shortfalls",
    "Responses that read less from the cache than the response before them left there: what naive "
    "counting calls a break.",
)  # fmt: skip

CACHE = (
    CACHE_BREAKS, REWRITTEN_TOKENS, CACHE_BREAK_USD, BROKEN_SESSIONS, CACHE_WRITING_MESSAGES,
    CACHE_BREAK_RATE, CACHE_BREAK_SHARE_USD, SHORTFALLS,
)  # fmt: skip
