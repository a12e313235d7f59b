with uses as (
    select
        'skill' as kind,
        coalesce(subject, 'unknown') as name,
        session_id,
        project_id,
        started_at as used_at,
        is_failed
    from {{ ref('fct_tool_calls') }}
    where tool_name = 'Skill'
    union all
    select
        'command' as kind,
        command_name as name,
        session_id,
        project_id,
        sent_at as used_at,
        false as is_failed
    from {{ ref('fct_messages') }}
    where command_name is not null
)

select
    kind,
    name,
    count(*) as uses,
    count(*) filter (where is_failed) as errors,
    count(distinct session_id) as sessions,
    count(distinct project_id) as projects,
    min(used_at) as first_used_at,
    max(used_at) as last_used_at
from uses
group by kind, name
