with own_entries as (
    select * from {{ ref('int_messages_enriched') }}
    where not is_sidechain and {{ touched('session_id') }}
),

last_ones as (
    {%- set written = ["stream", "generation", "source_offset"] %}
    select
        session_id,
        count(*) as messages,
        {{ last_by("role", written) }} as role,
        {{ last_by("coalesce(is_api_error, false)", written) }} as is_api_error
    from own_entries
    where role is not null and not is_meta
    group by session_id
),

failed_at_end as (
    select
        session_id,
        count(*) filter (where is_error and not is_rejected and from_end <= 3) as failures
    from (
        select
            session_id,
            is_error,
            is_rejected,
            row_number() over (partition by session_id order by started_at desc, tool_use_id asc) as from_end
        from {{ ref('int_tool_usage') }}
        where agent_id is null and {{ touched('session_id') }}
    ) as calls
    group by session_id
),

seen as (
    select
        session_id,
        {{ listed("nullif(git_branch, '')") }} as git_branches,
        {{ listed('version') }} as versions,
        count(*) filter (where message_kind = 'interruption') as interruptions
    from own_entries
    group by session_id
)

select
    seen.session_id,
    case
        when last_ones.messages is null or last_ones.messages < 3 then 'short'
        when last_ones.is_api_error or coalesce(failed_at_end.failures, 0) >= 3 then 'errored'
        when last_ones.role = 'user' then 'abandoned'
        else 'completed'
    end as outcome,
    seen.git_branches,
    seen.versions,
    seen.interruptions
from seen
left join last_ones on seen.session_id = last_ones.session_id
left join failed_at_end on seen.session_id = failed_at_end.session_id
