with entries as (
    select * from {{ ref('int_messages_enriched') }}
    where agent_id is not null and {{ touched('session_id') }}
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
)

select
    runs.*,
    coalesce(meta.tool_use_id, launches.tool_use_id) as tool_use_id,
    coalesce(meta.agent_type, calls.subject) as agent_type,
    meta.description,
    meta.parent_agent_id,
    coalesce(meta.spawn_depth, 1) as spawn_depth
from runs
left join meta on runs.session_id = meta.session_id and runs.agent_id = meta.agent_id
left join launches on runs.session_id = launches.session_id and runs.agent_id = launches.agent_id
left join {{ ref('int_tool_usage') }} as calls
    on coalesce(meta.tool_use_id, launches.tool_use_id) = calls.tool_use_id
