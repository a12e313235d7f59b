with calls as (
    select
        *,
        -- A declined call never ran: its time is that of a person who read the question.
        case when not is_rejected then duration_ms end as ran_ms
    from {{ ref('fct_tool_calls') }}
),

measured as (
    select
        tool_name,
        count(*) as calls,
        count(*) filter (where status = 'success') as successes,
        count(*) filter (where is_failed) as errors,
        count(*) filter (where is_rejected) as rejections,
        count(*) filter (where status = 'pending') as pending,
        count(distinct session_id) as sessions,
        count(distinct project_id) as projects,
        avg(ran_ms) as avg_duration_ms,
        {{ percentile_of('ran_ms', 0.5) }} as p50_duration_ms,
        {{ percentile_of('ran_ms', 0.95) }} as p95_duration_ms,
        max(ran_ms) as max_duration_ms
    from calls
    group by tool_name
)

select
    measured.tool_name,
    tools.tool_category,
    measured.calls,
    measured.successes,
    measured.errors,
    measured.rejections,
    measured.pending,
    -- Of the calls that ran: neither a call that the user declined nor an open one says how good a tool is.
    cast(
        measured.successes / nullif(measured.successes + measured.errors, 0) as double
    ) as success_rate,
    measured.sessions,
    measured.projects,
    cast(measured.avg_duration_ms as double) as avg_duration_ms,
    cast(measured.p50_duration_ms as double) as p50_duration_ms,
    cast(measured.p95_duration_ms as double) as p95_duration_ms,
    measured.max_duration_ms,
    cast(rank() over (order by measured.calls desc) as integer) as popularity_rank
from measured
inner join {{ ref('dim_tools') }} as tools on measured.tool_name = tools.tool_name
