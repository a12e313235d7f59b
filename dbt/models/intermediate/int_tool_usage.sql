with blocks as (
    select * from {{ ref('stg_tool_calls') }}
),

origins as (
    select * from {{ ref('int_session_origins') }}
),

ranked as (
    select
        blocks.*,
        coalesce(blocks.written_at, blocks.event_at) as started_at,
        row_number() over (
            partition by blocks.tool_use_id
            order by
                blocks.is_sidechain, origins.origin_rank, blocks.event_at, blocks.stream,
                blocks.generation, blocks.source_offset, blocks.block_index
        ) as copy_number
    from blocks
    inner join origins on blocks.session_id = origins.session_id
    where not blocks.is_result
),

-- A copy of the result says the same; an earlier one came first.
results as (
    select
        tool_use_id,
        bool_or(coalesce(is_error, false)) as is_error,
        min(written_at) as finished_at,
        max(file_path) as file_path,
        max(lines_added) as lines_added,
        max(lines_removed) as lines_removed
    from blocks
    where is_result
    group by tool_use_id
)

select
    ranked.tool_use_id,
    ranked.session_id,
    ranked.project_id,
    ranked.host,
    ranked.agent_id,
    ranked.message_id,
    coalesce(ranked.tool_name, 'unknown') as tool_name,
    case
        when results.tool_use_id is null then 'pending'
        when results.is_error then 'error'
        else 'success'
    end as status,
    coalesce(results.is_error, false) as is_error,
    ranked.started_at,
    results.finished_at,
    {{ report_day('ranked.started_at') }} as day,
    -- Clocks step back now and then; a call never ends before it began.
    case
        when results.finished_at is not null then cast(
            greatest(0, {{ seconds_between('ranked.started_at', 'results.finished_at') }} * 1000) as bigint
        )
    end as duration_ms,
    coalesce(ranked.file_path, results.file_path) as file_path,
    coalesce(results.lines_added, ranked.lines_added) as lines_added,
    coalesce(results.lines_removed, ranked.lines_removed) as lines_removed
from ranked
left join results on ranked.tool_use_id = results.tool_use_id
where ranked.copy_number = 1
