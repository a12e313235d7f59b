-- Money that brought little, by rules of thumb: docs/cache-and-context.md tells each.
with messages as (
    select * from {{ ref('fct_api_messages') }}
),

sessions as (
    select * from {{ ref('dim_sessions') }}
),

calls as (
    select
        *,
        coalesce(agent_id, '') as thread,
        row_number() over (
            partition by session_id, coalesce(agent_id, '') order by started_at, tool_use_id
        ) as call_number
    from {{ ref('fct_tool_calls') }}
),

compactions as (
    select
        *,
        coalesce(agent_id, '') as thread,
        lag(compacted_at) over by_time as previous_at,
        lead(compacted_at, 1, timestamp '9999-12-31') over by_time as next_at
    from {{ ref('fct_compactions') }}
    window by_time as (partition by session_id, coalesce(agent_id, '') order by compacted_at, entry_id)
),

on_files as (
    select
        *,
        coalesce(lines_added, lines_removed) is not null and status = 'success' as is_change,
        tool_name = 'Read' and status = 'success' and result_characters > 0 as is_reading
    from calls
    where file_path is not null
),

retried_calls as (
    {{ retried_calls() }}
),

read_again as (
    {{ read_again() }}
),

changed_sessions as (
    select distinct session_id from on_files
    where is_change
),

given_up as (
    select
        'session given up' as kind,
        cast(null as string) as entry,
        sessions.session_id,
        sessions.models as model,
        sessions.ended_at as found_at,
        sessions.day,
        sessions.outcome as what,
        cast(null as bigint) as tokens,
        sessions.cost_usd as usd
    from sessions
    left join changed_sessions on sessions.session_id = changed_sessions.session_id
    where
        sessions.outcome in ('abandoned', 'errored')
        and sessions.cost_usd >= 0.1
        and changed_sessions.session_id is null
),

broken as (
    select
        'cache break' as kind,
        breaks.document_id as entry,
        breaks.session_id,
        breaks.model,
        breaks.sent_at as found_at,
        breaks.day,
        breaks.cause as what,
        breaks.rewritten_tokens as tokens,
        breaks.cache_break_usd as usd
    from {{ ref('fct_cache_breaks') }} as breaks
    where breaks.is_break and breaks.cause <> 'compaction'
),

oversized as (
    {{ oversized() }}
),

compacted_again as (
    {{ compacted_again() }}
),

findings as (
    {%- for name in ["retried_calls", "read_again", "given_up", "broken", "oversized", "compacted_again"] %}
        select * from {{ name }}
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    findings.kind,
    findings.session_id,
    findings.entry,
    sessions.project_id,
    sessions.project_key,
    sessions.host,
    findings.model,
    findings.found_at,
    coalesce(findings.day, sessions.day) as day,
    findings.what,
    -- Engines cast halves in two ways, and round them in one.
    cast(round(findings.tokens) as bigint) as tokens,
    cast(coalesce(findings.usd, 0) as decimal(18, 10)) as usd
from findings
inner join sessions on findings.session_id = sessions.session_id
