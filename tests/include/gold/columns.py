"""Columns of marts that hold a measure already: mart, its dimensions, and column to measure."""

_TOKENS = {
    name: name
    for name in (
        "input_tokens", "output_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
        "cache_read_tokens",
    )
}  # fmt: skip
_SPENT = {"api_messages": "api_messages", "cost_usd": "cost_usd"}
_WITH_SEARCH = {"cost_usd_with_web_search": "cost_usd_with_web_search"}
_SPOKEN = {
    "prompts": "prompts",
    "user_messages": "user_messages",
    "assistant_messages": "assistant_messages",
}
_CALLS = {"tool_calls": "tool_calls", "tool_errors": "failed_calls"}

Columns = tuple[tuple[str, ...], dict[str, str]]
COLUMNS: dict[str, Columns] = {
    "agg_daily_usage": (
        ("day", "project_id", "host", "model"),
        _TOKENS | _SPENT | _WITH_SEARCH
        | {"web_search_requests": "web_search_requests", "unpriced_messages": "unpriced_messages"},
    ),
    "agg_daily_summary": (
        ("day", "project_id"),
        _TOKENS | _SPENT | _WITH_SEARCH | _SPOKEN | _CALLS | {"sessions": "sessions"},
    ),
    "agg_hourly_activity": (
        ("hour_at", "project_id"),
        _SPENT | _SPOKEN | _CALLS | {"sessions": "sessions", "output_tokens": "output_tokens"},
    ),
    "agg_tool_efficiency": (
        ("tool_name",),
        {
            "calls": "tool_calls", "successes": "succeeded_calls", "errors": "failed_calls",
            "rejections": "declined_calls", "pending": "open_calls",
            "success_rate": "success_rate", "sessions": "calling_sessions",
            "avg_duration_ms": "avg_duration_ms", "p50_duration_ms": "p50_duration_ms",
            "p95_duration_ms": "p95_duration_ms", "max_duration_ms": "max_duration_ms",
        },
    ),
    "agg_mcp": (
        ("tool_name",),
        {
            "calls": "tool_calls", "errors": "failed_calls", "rejections": "declined_calls",
            "success_rate": "success_rate", "sessions": "calling_sessions",
            "p50_duration_ms": "p50_duration_ms", "p95_duration_ms": "p95_duration_ms",
        },
    ),
    "agg_cache_efficiency": (
        ("day", "project_id", "model"),
        _SPENT
        | {
            "prompt_tokens": "prompt_tokens", "cache_read_tokens": "cache_read_tokens",
            "cache_write_tokens": "cache_write_tokens", "cache_hit_rate": "cache_hit_rate",
            "cache_savings_usd": "cache_savings_usd",
        },
    ),
    "agg_session_metrics": (
        ("session_id",),
        {
            "prompt_tokens": "prompt_tokens", "output_tokens": "output_tokens",
            "cache_hit_rate": "cache_hit_rate", "subagent_cost_usd": "subagent_cost_usd",
            "cost_usd": "cost_usd", "tools": "tools_used", "rejections": "declined_calls",
            "tool_error_rate": "failure_rate", "files_changed": "files_changed",
            "lines_added": "lines_added", "lines_removed": "lines_removed",
            "compactions": "compactions", "api_errors": "api_errors", "turns": "prompts",
        },
    ),
    "agg_code_changes": (
        ("project_id", "file_path"),
        {
            "changes": "changes", "sessions": "changing_sessions", "days": "change_days",
            "lines_added": "lines_added", "lines_removed": "lines_removed",
        },
    ),
    "agg_errors": (
        ("day", "project_id", "source", "tool_name", "error_class"),
        {"errors": "errors", "sessions": "error_sessions"},
    ),
    "dim_sessions": (
        ("session_id",),
        _SPENT | _WITH_SEARCH | _SPOKEN | _CALLS
        | {
            "own_entries": "own_entries", "compactions": "compactions",
            "subagents": "subagents", "api_errors": "api_errors",
        },
    ),
    "dim_projects": (
        ("project_key",),
        _SPENT | {"sessions": "sessions", "messages": "messages", "prompts": "prompts"},
    ),
    "dim_hosts": (
        ("host",),
        _SPENT
        | {
            "sessions": "sessions", "messages": "messages", "prompts": "prompts",
            "projects": "projects",
        },
    ),
    "dim_models": (("model",), _SPENT | {"unpriced_messages": "unpriced_messages"}),
    "dim_tools": (("tool_name",), {"calls": "tool_calls", "errors": "failed_calls"}),
}  # fmt: skip
