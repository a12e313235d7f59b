"""Measures of cache breaks, of what fills the context, and of money that brought little."""

from functools import partial

from cca.gold.measures.model import Measure, ratio
from cca.gold.measures.usage import COST_USD

_TABLE = "fct_api_messages"
# A response that wrote again what was in the cache.
BREAK = "cache_break_cause is not null"
# The agent that writes a summary, or the API's own answer that does.
_SUMMARISES = "(agent_id like 'acompact-%' or message_id like '%:compaction:%')"
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
CACHE_BREAK_SHARE_USD = ratio(
    "cache_break_share_usd", CACHE_BREAK_USD, COST_USD, "share", "Cache breaks of the cost",
    "Share of the cost that cache breaks caused.",
)  # fmt: skip
SHORTFALLS = Measure(
    "shortfalls", "fct_cache_breaks", "count", "count", "Shortfalls",
    "Responses that read less from the cache than the response before them left there: what naive "
    "counting calls a break.",
)  # fmt: skip

COMPACTION_USD = Measure(
    "compaction_usd", _TABLE, "sum", "USD", "Cost of compactions",
    "What compactions cost: writing the summary, and writing the new context to the cache.",
    column=f"case when {_SUMMARISES} then cost_usd else cache_break_usd end",
    population=f"cache_break_cause = 'compaction' or {_SUMMARISES}",
)  # fmt: skip

_context = partial(Measure, table="agg_context")
CONTEXT_PART_TOKENS = _context(
    name="context_part_tokens", how="sum", unit="tokens", column="tokens",
    label="Tokens in the context",
    description=(
        "Estimated tokens of a part of the main thread's context, at the end of each stretch "
        "between compactions; all parts together are measured."
    ),
)  # fmt: skip
CONTEXT_PIECES = _context(
    name="context_pieces", how="sum", unit="count", column="pieces", label="Pieces of context",
    description="Blocks and attachments that fill the main thread's context.",
)  # fmt: skip
FILLED_SESSIONS = _context(
    name="filled_sessions", how="distinct", unit="count", column="session_id",
    label="Sessions with a context", description="Sessions whose main thread has a response.",
)  # fmt: skip

_main = partial(Measure, table=_TABLE, population="agent_id is null")
CONTEXT_RESPONSES = _main(
    name="context_responses", how="count", unit="count", label="Responses of the main thread",
    description="Responses of the main thread; each read the whole context.",
)  # fmt: skip
CONTEXT_SESSIONS = _main(
    name="context_sessions", how="distinct", unit="count", column="session_id",
    label="Sessions behind a context", description="Sessions with a response of the main thread.",
)  # fmt: skip
P50_CONTEXT_TOKENS = _main(
    name="p50_context_tokens", how="percentile", unit="tokens", column="prompt_tokens",
    label="Median context", description="Half of the main thread's responses read no more tokens.",
)  # fmt: skip
P90_CONTEXT_TOKENS = _main(
    name="p90_context_tokens", how="percentile", unit="tokens", column="prompt_tokens",
    quantile=0.9, label="Context, 90th percentile",
    description="Nine of ten responses of the main thread read no more tokens.",
)  # fmt: skip
MAX_CONTEXT_TOKENS = _main(
    name="max_context_tokens", how="largest", unit="tokens", column="prompt_tokens",
    label="Largest context", description="The most tokens that one response read.",
)  # fmt: skip

_waste = partial(Measure, table="agg_waste")
# The rows of one model, $model: a whole session has several, in one text.
WASTE_OF_MODEL = """(
    $model::varchar is null
    or list_contains(string_split(coalesce(m.model, 'unknown'), ', '), $model)
)"""
FINDINGS = _waste(
    name="findings", how="count", unit="count", label="Findings",
    description="Places where money brought little, by the rules of docs/cache-and-context.md.",
)  # fmt: skip
WASTE_TOKENS = _waste(
    name="waste_tokens", how="sum", unit="tokens", column="tokens", label="Tokens of the findings",
    description="Tokens that the findings took, where their rule knows them.",
)  # fmt: skip
WASTE_USD = _waste(
    name="waste_usd", how="sum", unit="USD", column="usd", label="Money that brought little",
    description="What the findings cost, each by the rule of its kind; kinds may overlap.",
)  # fmt: skip
WASTING_SESSIONS = _waste(
    name="wasting_sessions", how="distinct", unit="count", column="session_id",
    label="Sessions with findings", description="Sessions with at least one finding.",
)  # fmt: skip

CACHE = (
    CACHE_BREAKS, REWRITTEN_TOKENS, CACHE_BREAK_USD, BROKEN_SESSIONS, CACHE_WRITING_MESSAGES,
    CACHE_BREAK_SHARE_USD, SHORTFALLS, COMPACTION_USD, CONTEXT_PART_TOKENS, CONTEXT_PIECES,
    FILLED_SESSIONS, CONTEXT_RESPONSES, CONTEXT_SESSIONS, P50_CONTEXT_TOKENS, P90_CONTEXT_TOKENS,
    MAX_CONTEXT_TOKENS, FINDINGS, WASTE_TOKENS, WASTE_USD, WASTING_SESSIONS,
)  # fmt: skip
