with runs as (
    select * from {{ ref('int_subagents') }}
),

usage as (
    select
        session_id,
        agent_id,
        min(project_id) as project_id,
        min(host) as host,
        min(day) as day,
        count(*) as api_messages,
        cast(sum(prompt_tokens) as bigint) as prompt_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        {{ listed('model') }} as models,
        max(agent_type) as agent_type,
        min(turn_number) as turn_number,
        count(*) filter (where not is_usage_final) as unfinished_messages
    from {{ ref('fct_api_messages') }}
    where agent_id is not null
    group by session_id, agent_id
),

calls as (
    select
        session_id,
        agent_id,
        count(*) as tool_calls,
        count(*) filter (where is_failed) as tool_errors
    from {{ ref('fct_tool_calls') }}
    where agent_id is not null
    group by session_id, agent_id
),

projects as (
    select * from {{ ref('int_session_projects') }}
),

-- An agent may be seen by its usage alone, in the progress rows of its parent.
agents as (
    select
        session_id,
        agent_id
    from runs
    union distinct
    select
        session_id,
        agent_id
    from usage
)

select
    agents.session_id,
    agents.agent_id,
    coalesce(runs.project_id, usage.project_id) as project_id,
    projects.project_key,
    coalesce(runs.host, usage.host) as host,
    coalesce(runs.agent_type, usage.agent_type) as agent_type,
    runs.description,
    runs.tool_use_id,
    runs.parent_agent_id,
    coalesce(runs.spawn_depth, 1) as spawn_depth,
    cast(coalesce(runs.turn_number, usage.turn_number) as integer) as turn_number,
    usage.models,
    runs.started_at,
    runs.ended_at,
    coalesce({{ report_day('runs.started_at') }}, usage.day) as day,
    cast({{ seconds_from_to('runs.started_at', 'runs.ended_at') }} as double) as duration_seconds,
    coalesce(runs.entries, 0) as entries,
    coalesce(calls.tool_calls, 0) as tool_calls,
    coalesce(calls.tool_errors, 0) as tool_errors,
    coalesce(usage.api_messages, 0) as api_messages,
    coalesce(usage.prompt_tokens, 0) as prompt_tokens,
    coalesce(usage.output_tokens, 0) as output_tokens,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd,
    coalesce(usage.unfinished_messages, 0) as unfinished_messages
from agents
left join runs on agents.session_id = runs.session_id and agents.agent_id = runs.agent_id
left join usage on agents.session_id = usage.session_id and agents.agent_id = usage.agent_id
left join calls on agents.session_id = calls.session_id and agents.agent_id = calls.agent_id
left join projects on agents.session_id = projects.session_id
