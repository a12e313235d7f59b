with sessions as (
    select * from {{ ref('dim_sessions') }}
),

usage as (
    select
        session_id,
        cast(sum(prompt_tokens) as bigint) as prompt_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cache_read_tokens) / nullif(sum(prompt_tokens), 0) as double) as cache_hit_rate,
        max(case when not is_sidechain then prompt_tokens end) as max_context_tokens,
        cast(coalesce(sum(case when is_sidechain then cost_usd end), 0) as decimal(18, 10)) as subagent_cost_usd
    from {{ ref('fct_api_messages') }}
    group by session_id
),

calls as (
    select
        session_id,
        count(distinct tool_name) as tools,
        count(*) filter (where is_failed) as failed,
        count(*) filter (where status <> 'pending' and not is_rejected) as ended,
        count(*) filter (where is_rejected) as rejections,
        count(distinct file_path) filter (where lines_added is not null) as files_changed,
        cast(coalesce(sum(lines_added), 0) as bigint) as lines_added,
        cast(coalesce(sum(lines_removed), 0) as bigint) as lines_removed
    from {{ ref('fct_tool_calls') }}
    group by session_id
)

select
    sessions.session_id,
    sessions.project_id,
    sessions.outcome,
    sessions.prompts as turns,
    cast(sessions.tool_calls / nullif(sessions.prompts, 0) as double) as tool_calls_per_turn,
    cast(calls.failed / nullif(calls.ended, 0) as double) as tool_error_rate,
    cast(sessions.cost_usd / nullif(sessions.prompts, 0) as double) as usd_per_turn,
    coalesce(usage.prompt_tokens, 0) as prompt_tokens,
    coalesce(usage.output_tokens, 0) as output_tokens,
    usage.cache_hit_rate,
    usage.max_context_tokens,
    cast(coalesce(usage.subagent_cost_usd, 0) as decimal(18, 10)) as subagent_cost_usd,
    sessions.cost_usd,
    coalesce(calls.tools, 0) as tools,
    coalesce(calls.rejections, 0) as rejections,
    coalesce(calls.files_changed, 0) as files_changed,
    coalesce(calls.lines_added, 0) as lines_added,
    coalesce(calls.lines_removed, 0) as lines_removed,
    sessions.compactions,
    sessions.interruptions,
    sessions.api_errors
from sessions
left join usage on sessions.session_id = usage.session_id
left join calls on sessions.session_id = calls.session_id
