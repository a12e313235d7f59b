"""Measures of tokens and money: one row of `fct_api_messages` is one response of the model."""

from functools import partial

from cca.gold.measures.model import Measure, ratio

_TABLE = "fct_api_messages"
_sum = partial(Measure, table=_TABLE, how="sum")
_count = partial(Measure, table=_TABLE, how="count", unit="count")
_tokens = partial(_sum, unit="tokens")
_usd = partial(_sum, unit="USD")

API_MESSAGES = _count(
    name="api_messages", label="Responses",
    description="Responses of the model that were billed, each message id once.",
)  # fmt: skip
INPUT_TOKENS = _tokens(
    name="input_tokens", column="input_tokens", label="Input tokens",
    description="Input tokens that were neither written to nor read from the cache.",
)  # fmt: skip
OUTPUT_TOKENS = _tokens(
    name="output_tokens", column="output_tokens", label="Output tokens",
    description="Tokens that the model wrote, thinking included.",
)  # fmt: skip
CACHE_WRITE_5M_TOKENS = _tokens(
    name="cache_write_5m_tokens", column="cache_write_5m_tokens",
    label="Cache writes (5 minutes)", description="Tokens written to the 5-minute cache.",
)  # fmt: skip
CACHE_WRITE_1H_TOKENS = _tokens(
    name="cache_write_1h_tokens", column="cache_write_1h_tokens",
    label="Cache writes (1 hour)", description="Tokens written to the 1-hour cache.",
)  # fmt: skip
CACHE_WRITE_TOKENS = _tokens(
    name="cache_write_tokens", column="cache_write_5m_tokens + cache_write_1h_tokens",
    label="Cache writes", description="Tokens written to either cache.",
)  # fmt: skip
CACHE_READ_TOKENS = _tokens(
    name="cache_read_tokens", column="cache_read_tokens", label="Cache reads",
    description="Tokens read from the cache.",
)  # fmt: skip
THINKING_TOKENS = _tokens(
    name="thinking_tokens", column="thinking_tokens", label="Thinking tokens",
    description="Output tokens that were thinking, where the transcript says so.",
)  # fmt: skip
PROMPT_TOKENS = _tokens(
    name="prompt_tokens", column="prompt_tokens", label="Prompt tokens",
    description="All tokens sent to the model: input, cache writes and cache reads.",
)  # fmt: skip
TOKENS = _tokens(
    name="tokens", column="prompt_tokens + output_tokens", label="Tokens",
    description="Tokens of all kinds: input, output, cache writes and cache reads.",
)  # fmt: skip
COST_USD = _usd(
    name="cost_usd", column="cost_usd", label="Cost",
    description=(
        "Cost of the tokens, estimated at the API's list prices of the day; 0 where no price is "
        "known."
    ),
)  # fmt: skip
COST_USD_WITH_WEB_SEARCH = _usd(
    name="cost_usd_with_web_search", column="cost_usd_with_web_search",
    label="Cost with web searches",
    description="Cost of the tokens and the fee for web searches.",
)  # fmt: skip
WEB_SEARCH_FEE_USD = _usd(
    name="web_search_fee_usd", column="cost_usd_with_web_search - cost_usd",
    label="Web-search fee", description="Fee for web searches, which no token carries.",
)  # fmt: skip
WEB_SEARCH_REQUESTS = _sum(
    name="web_search_requests", column="web_search_requests", unit="count",
    label="Web searches", description="Web searches that were billed.",
)  # fmt: skip
CACHE_SAVINGS_USD = _usd(
    name="cache_savings_usd", column="cache_savings_usd", label="Saved by the cache",
    description=(
        "What cache reads and writes would have cost as input, less what they did cost; negative "
        "where writes were not read again."
    ),
)  # fmt: skip
SUBAGENT_COST_USD = _usd(
    name="subagent_cost_usd", column="cost_usd", population="is_sidechain",
    label="Cost of subagents", description="Part of the cost that subagents caused.",
)  # fmt: skip
UNPRICED_MESSAGES = _count(
    name="unpriced_messages", population="not is_price_known",
    label="Responses not fully priced",
    description="Responses whose cost is too low: no price, or a price that lacks a factor.",
)  # fmt: skip
UNFINISHED_MESSAGES = _count(
    name="unfinished_messages", population="not is_usage_final",
    label="Responses without final usage",
    description="Responses cut off before their usage was final; their output is a lower bound.",
)  # fmt: skip
ANSWERED_SESSIONS = Measure(
    "answered_sessions", _TABLE, "distinct", "count", "Sessions with a response",
    "Sessions with at least one response that was billed.", column="session_id",
)  # fmt: skip
ANSWERED_DAYS = Measure(
    "answered_days", _TABLE, "distinct", "days", "Days with a response",
    "Days with at least one response that was billed, on the clock of TIMEZONE.", column="day",
)  # fmt: skip

COST_PER_DAY_USD = ratio(
    "cost_per_day_usd", COST_USD, ANSWERED_DAYS, "USD", "Cost per active day",
    "Mean cost of a day with a response; days without one do not count.",
)  # fmt: skip
COST_PER_RESPONSE_USD = ratio(
    "cost_per_response_usd", COST_USD, API_MESSAGES, "USD", "Cost per response",
    "Mean cost of a response.",
)  # fmt: skip
COST_PER_ANSWERED_SESSION_USD = ratio(
    "cost_per_answered_session_usd", COST_USD, ANSWERED_SESSIONS, "USD",
    "Cost per session with a response",
    "Cost of the responses that are counted, for each session that has one of them.",
)  # fmt: skip
TOKENS_PER_ANSWERED_SESSION = ratio(
    "tokens_per_answered_session", TOKENS, ANSWERED_SESSIONS, "tokens",
    "Tokens per session with a response",
    "Tokens of the responses that are counted, for each session that has one of them.",
)  # fmt: skip
OUTPUT_TOKENS_PER_RESPONSE = ratio(
    "output_tokens_per_response", OUTPUT_TOKENS, API_MESSAGES, "tokens",
    "Output tokens per response", "Mean number of tokens that the model wrote in a response.",
)  # fmt: skip
CACHE_HIT_RATE = ratio(
    "cache_hit_rate", CACHE_READ_TOKENS, PROMPT_TOKENS, "share", "Cache hit rate",
    "Share of the prompt tokens that were read from the cache.",
)  # fmt: skip
CACHE_READS_PER_WRITE = ratio(
    "cache_reads_per_write", CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, "ratio", "Reads per write",
    "How often a token written to the cache was read, on average.",
)  # fmt: skip

USAGE = (
    API_MESSAGES, INPUT_TOKENS, OUTPUT_TOKENS, CACHE_WRITE_5M_TOKENS, CACHE_WRITE_1H_TOKENS,
    CACHE_WRITE_TOKENS, CACHE_READ_TOKENS, THINKING_TOKENS, PROMPT_TOKENS, TOKENS, COST_USD,
    COST_USD_WITH_WEB_SEARCH, WEB_SEARCH_FEE_USD, WEB_SEARCH_REQUESTS, CACHE_SAVINGS_USD,
    SUBAGENT_COST_USD, UNPRICED_MESSAGES, UNFINISHED_MESSAGES, ANSWERED_SESSIONS, ANSWERED_DAYS,
    COST_PER_DAY_USD, COST_PER_RESPONSE_USD, COST_PER_ANSWERED_SESSION_USD,
    TOKENS_PER_ANSWERED_SESSION, OUTPUT_TOKENS_PER_RESPONSE, CACHE_HIT_RATE, CACHE_READS_PER_WRITE,
)  # fmt: skip
