with entries as (
    select * from {{ ref('int_messages_enriched') }}
    where agent_id is not null and {{ touched('session_id') }}
),

-- The turn of the main thread that a response stands in.
turns as (
    select
        session_id,
        message_id,
        min(turn_number) as turn_number
    from {{ ref('int_messages_enriched') }}
    where message_id is not null and turn_number > 0 and {{ touched('session_id') }}
    group by session_id, message_id
),

runs as (
    select
        session_id,
        agent_id,
        min(project_id) as project_id,
        min(host) as host,
        min(written_at) as started_at,
        max(written_at) as ended_at,
        count(*) as entries
    from entries
    group by session_id, agent_id
),

meta as (
    select
        session_id,
        agent_id,
        max(agent_type) as agent_type,
        max(agent_description) as description,
        max(agent_tool_use_id) as tool_use_id,
        max(parent_agent_id) as parent_agent_id,
        max(spawn_depth) as spawn_depth
    from {{ ref('stg_entry_details') }}
    where entry_type = 'agent-meta' and {{ touched('session_id') }}
    group by session_id, agent_id
),

-- Without a meta file, the result of the call that started it names the agent.
launches as (
    select
        details.session_id,
        details.result_agent_id as agent_id,
        min(results.tool_use_id) as tool_use_id
    from {{ ref('stg_entry_details') }} as details
    inner join {{ ref('stg_tool_calls') }} as results on details.document_id = results.document_id
    where details.result_agent_id is not null and results.is_result and {{ touched('details.session_id') }}
    group by details.session_id, details.result_agent_id
),

agents as (
    select
        runs.*,
        coalesce(meta.tool_use_id, launches.tool_use_id) as tool_use_id,
        coalesce(meta.agent_type, calls.subject) as agent_type,
        meta.description,
        meta.parent_agent_id,
        coalesce(meta.parent_agent_id, calls.agent_id) as started_by,
        coalesce(meta.spawn_depth, 1) as spawn_depth,
        callers.turn_number
    from runs
    left join meta on runs.session_id = meta.session_id and runs.agent_id = meta.agent_id
    left join launches on runs.session_id = launches.session_id and runs.agent_id = launches.agent_id
    left join {{ ref('int_tool_usage') }} as calls
        on coalesce(meta.tool_use_id, launches.tool_use_id) = calls.tool_use_id
    left join turns as callers on calls.session_id = callers.session_id and calls.message_id = callers.message_id
),

-- A subagent of a subagent works for the prompt that started the first of them.
started as (
    {{ inherited("agents", "agent_id", "started_by", "turn_number") }}
)

select
    agents.session_id,
    agents.agent_id,
    agents.project_id,
    agents.host,
    agents.started_at,
    agents.ended_at,
    agents.entries,
    agents.tool_use_id,
    agents.agent_type,
    agents.description,
    agents.parent_agent_id,
    agents.spawn_depth,
    started.turn_number
from agents
left join started on agents.session_id = started.session_id and agents.agent_id = started.agent_id
