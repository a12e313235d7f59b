with sessions as (
    select * from {{ ref('int_sessions_computed') }}
),

calls as (
    select
        session_id,
        count(*) as tool_calls,
        count(*) filter (where is_failed) as tool_errors
    from {{ ref('fct_tool_calls') }}
    group by session_id
),

api_errors as (
    select
        session_id,
        count(*) as api_errors
    from {{ ref('fct_errors') }}
    where source = 'api'
    group by session_id
),

compactions as (
    select
        session_id,
        count(*) as compactions
    from {{ ref('fct_compactions') }}
    group by session_id
),

subagents as (
    select
        session_id,
        count(*) as subagents
    from {{ ref('fct_subagents') }}
    group by session_id
),

usage as (
    select
        session_id,
        count(*) as api_messages,
        {{ listed('model') }} as models,
        {{ listed('pull_request') }} as pull_requests,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search
    from {{ ref('fct_api_messages') }}
    group by session_id
)

select
    sessions.session_id,
    sessions.project_id,
    sessions.project_key,
    sessions.repository,
    sessions.host,
    sessions.user_name,
    sessions.title,
    sessions.first_prompt,
    sessions.started_at,
    sessions.ended_at,
    {{ report_day('sessions.started_at') }} as day,
    cast(sessions.duration_minutes as double) as duration_minutes,
    cast(sessions.active_minutes as double) as active_minutes,
    cast(sessions.avg_response_time_seconds as double) as avg_response_time_seconds,
    sessions.prompts,
    sessions.user_messages,
    sessions.assistant_messages,
    sessions.entries,
    sessions.own_entries,
    coalesce(subagents.subagents, 0) as subagents,
    sessions.outcome,
    sessions.git_branches,
    usage.pull_requests,
    usage.models,
    sessions.forked_from,
    sessions.lineage,
    sessions.copied_entries,
    coalesce(compactions.compactions, 0) as compactions,
    sessions.interruptions,
    coalesce(api_errors.api_errors, 0) as api_errors,
    coalesce(calls.tool_calls, 0) as tool_calls,
    coalesce(calls.tool_errors, 0) as tool_errors,
    coalesce(usage.api_messages, 0) as api_messages,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd,
    cast(coalesce(usage.cost_usd_with_web_search, 0) as decimal(18, 10)) as cost_usd_with_web_search
from sessions
left join calls on sessions.session_id = calls.session_id
left join api_errors on sessions.session_id = api_errors.session_id
left join compactions on sessions.session_id = compactions.session_id
left join subagents on sessions.session_id = subagents.session_id
left join usage on sessions.session_id = usage.session_id
