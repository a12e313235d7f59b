"""Measures of sessions, messages, prompts, subagents and five-hour blocks, and of their health.

A session counts when it has a message of its own; one that only repeats another's entries (a fork
or a resumed session that nobody went on with) is a copied session. `sessions` counts those with a
message in the period; `sessions_started` those that began in it.
"""

from functools import partial

from cca.gold.measures.model import Measure, ratio

_MESSAGES = "fct_messages"
# A queued prompt has no role, but a person wrote it.
SPOKEN = "role is not null or is_human_prompt"
_messages = partial(Measure, table=_MESSAGES, how="count", unit="count")

SESSIONS = Measure(
    "sessions", _MESSAGES, "distinct", "count", "Sessions",
    "Sessions with a message of their own in the period; a subagent belongs to its session.",
    column="session_id", population=SPOKEN,
)  # fmt: skip
PROJECTS = Measure(
    "projects", _MESSAGES, "distinct", "count", "Projects", "Projects with messages.",
    column="project_key", population=SPOKEN,
)  # fmt: skip
MESSAGES = _messages(
    name="messages", population="role is not null", label="Messages",
    description="Entries from you, from tools and from Claude, one per content block.",
)  # fmt: skip
USER_MESSAGES = _messages(
    name="user_messages", population="role = 'user'", label="User messages",
    description="Entries of the user role: prompts and tool results.",
)  # fmt: skip
ASSISTANT_MESSAGES = _messages(
    name="assistant_messages", population="role = 'assistant'", label="Assistant messages",
    description="Entries of the assistant role, one per content block.",
)  # fmt: skip
ENTRIES = _messages(
    name="own_entries", label="Entries",
    description="Entries of any type; copies in forks and resumed sessions are counted once.",
)  # fmt: skip

_PROMPTS = "fct_prompts"
PROMPTS = Measure(
    "prompts", _MESSAGES, "count", "count", "Prompts",
    "Prompts that a person gave; tool results and Claude Code's own messages are none.",
    population="is_human_prompt",
)  # fmt: skip
ACTIVE_DAYS = Measure(
    "active_days", _MESSAGES, "distinct", "days", "Active days",
    "Days with at least one prompt, on the clock of TIMEZONE.", column="day",
    population="is_human_prompt",
)  # fmt: skip
_response = partial(
    Measure, table=_PROMPTS, how="percentile", unit="seconds", column="response_seconds"
)
P50_RESPONSE_SECONDS = _response(
    name="p50_response_seconds", label="Median response time",
    description="Half of the prompts waited no longer for the first row of their answer.",
)  # fmt: skip
P95_RESPONSE_SECONDS = _response(
    name="p95_response_seconds", quantile=0.95, label="95th percentile of response time",
    description="95 % of the prompts waited no longer for the first row of their answer.",
)  # fmt: skip

_SESSIONS = "dim_sessions"
STARTED = "prompts + user_messages + assistant_messages > 0"
COPIED = "prompts + user_messages + assistant_messages = 0 and copied_entries > 0"
_session = partial(Measure, table=_SESSIONS, population=STARTED)
SESSIONS_STARTED = _session(
    name="sessions_started", how="count", unit="count", label="Sessions started",
    description="Sessions with a message of their own, on the day of their first entry.",
)  # fmt: skip
COPIED_SESSIONS = Measure(
    "copied_sessions", _SESSIONS, "count", "count", "Copied sessions",
    "Forks and resumed sessions that only repeat another session's entries.", population=COPIED,
)  # fmt: skip
ACTIVE_MINUTES = _session(
    name="active_minutes", how="sum", unit="minutes", column="active_minutes",
    label="Active time, total",
    description="Minutes between consecutive messages of a session, each gap up to five.",
)  # fmt: skip
MEDIAN_ACTIVE_MINUTES = _session(
    name="median_active_minutes", how="percentile", unit="minutes", column="active_minutes",
    label="Median active time", description="Half of the sessions were active no longer.",
)  # fmt: skip
AVG_ACTIVE_MINUTES = _session(
    name="avg_active_minutes", how="average", unit="minutes", column="active_minutes",
    label="Active minutes per session", description="Mean active time of a session.",
)  # fmt: skip
AVG_DURATION_MINUTES = _session(
    name="avg_duration_minutes", how="average", unit="minutes", column="duration_minutes",
    label="Duration per session", description="Mean time from first to last entry.",
)  # fmt: skip
PROMPTS_PER_SESSION = _session(
    name="prompts_per_session", how="average", unit="ratio", column="prompts",
    label="Prompts per session", description="Mean number of prompts of a session.",
)  # fmt: skip
COST_PER_SESSION_USD = _session(
    name="cost_per_session_usd", how="average", unit="USD", column="cost_usd",
    label="Cost per session", description="Mean cost of a session with its subagents.",
)  # fmt: skip
_CALLS_OF_SESSIONS = Measure(
    "tool_calls_of_sessions", _SESSIONS, "sum", "count", "Tool calls of sessions",
    "Tool calls of the sessions that started in the period.", column="tool_calls",
)  # fmt: skip
_PROMPTS_OF_SESSIONS = Measure(
    "prompts_of_sessions", _SESSIONS, "sum", "count", "Prompts of sessions",
    "Prompts of the sessions that started in the period.", column="prompts",
)  # fmt: skip
TOOL_CALLS_PER_PROMPT = ratio(
    "tool_calls_per_prompt", _CALLS_OF_SESSIONS, _PROMPTS_OF_SESSIONS, "ratio",
    "Tool calls per prompt",
    "How much Claude does on its own for each prompt, of the sessions that started in the period.",
)  # fmt: skip

COMPACTIONS = Measure(
    "compactions", "fct_compactions", "count", "count", "Compactions", "Compactions of the context."
)
_AGENTS = "fct_subagents"
SUBAGENTS = Measure(
    "subagents", _AGENTS, "count", "count", "Subagents", "Subagents that were started."
)
AVG_SUBAGENT_MINUTES = Measure(
    "avg_subagent_minutes", _AGENTS, "average", "minutes", "Minutes per subagent",
    "Mean time from a subagent's first to its last entry.", column="duration_seconds / 60",
)  # fmt: skip
CALLS_OF_SUBAGENTS = Measure(
    "tool_calls_of_subagents", _AGENTS, "sum", "count", "Tool calls of subagents",
    "Tool calls that subagents made.", column="tool_calls",
)  # fmt: skip
COST_OF_NAMED_SUBAGENTS_USD = Measure(
    "cost_of_named_subagents_usd", _AGENTS, "sum", "USD", "Cost of named subagents",
    "Cost of the subagents whose id the transcript names; part of their sessions' cost.",
    column="cost_usd",
)  # fmt: skip

_BLOCKS = "agg_billing_blocks"
BLOCKS = Measure(
    "blocks", _BLOCKS, "count", "count", "5-hour windows",
    "Estimated 5-hour usage windows, counted across all projects and machines.",
)  # fmt: skip
MAX_BLOCK_USD = Measure(
    "max_block_usd", _BLOCKS, "largest", "USD", "Most expensive window",
    "Cost of the most expensive 5-hour window.", column="cost_usd",
)  # fmt: skip
MEDIAN_BLOCK_USD = Measure(
    "median_block_usd", _BLOCKS, "percentile", "USD", "Median cost of a window",
    "Half of the 5-hour windows cost no more.", column="cost_usd",
)  # fmt: skip
_COST_OF_BLOCKS = Measure(
    "cost_of_blocks_usd", _BLOCKS, "sum", "USD", "Cost of windows",
    "Cost of all 5-hour windows.", column="cost_usd",
)  # fmt: skip
_HOURS_OF_BLOCKS = Measure(
    "active_hours_of_blocks", _BLOCKS, "sum", "hours", "Active hours of windows",
    "Hours from the first to the last response of each 5-hour window.",
    column="active_minutes / 60",
)  # fmt: skip
USD_PER_ACTIVE_HOUR = ratio(
    "usd_per_active_hour", _COST_OF_BLOCKS, _HOURS_OF_BLOCKS, "USD an hour",
    "Cost per active hour", "Cost of all 5-hour windows per active hour of theirs.",
)  # fmt: skip
# What a window that still runs will have cost at its end if its pace stays; a row, no aggregate.
PROJECTED_USD = "cost_usd + usd_per_hour * date_diff('second', last_at, block_end) / 3600.0"

REJECTED_ENTRIES = Measure(
    "rejected_entries", "agg_rejects", "sum", "count", "Entries left out of the numbers",
    "Entries of the archive that did not become rows.", column="rejects",
)  # fmt: skip
CHECKED_SESSIONS = Measure(
    "checked_sessions", "agg_ledger_check", "count", "count", "Sessions checked",
    "Sessions whose transcript holds Claude Code's own totals.",
)  # fmt: skip

SESSION_MEASURES = (
    SESSIONS, PROJECTS, MESSAGES, USER_MESSAGES, ASSISTANT_MESSAGES, ENTRIES, PROMPTS, ACTIVE_DAYS,
    P50_RESPONSE_SECONDS, P95_RESPONSE_SECONDS, SESSIONS_STARTED, COPIED_SESSIONS, ACTIVE_MINUTES,
    MEDIAN_ACTIVE_MINUTES, AVG_ACTIVE_MINUTES, AVG_DURATION_MINUTES, PROMPTS_PER_SESSION,
    COST_PER_SESSION_USD, _CALLS_OF_SESSIONS, _PROMPTS_OF_SESSIONS, TOOL_CALLS_PER_PROMPT,
    COMPACTIONS, SUBAGENTS, AVG_SUBAGENT_MINUTES, CALLS_OF_SUBAGENTS, COST_OF_NAMED_SUBAGENTS_USD,
    BLOCKS, MAX_BLOCK_USD, MEDIAN_BLOCK_USD, _COST_OF_BLOCKS, _HOURS_OF_BLOCKS,
    USD_PER_ACTIVE_HOUR, REJECTED_ENTRIES, CHECKED_SESSIONS,
)  # fmt: skip
