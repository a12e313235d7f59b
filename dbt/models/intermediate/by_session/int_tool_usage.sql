with blocks as (
    select * from {{ ref('stg_tool_calls') }}
    where {{ touched('session_id') }}
),

calls as (
    select
        *,
        coalesce(written_at, event_at) as started_at
    from blocks
    where not is_result
),

-- Few calls were copied, and only theirs need an order.
repeated as (
    select tool_use_id from calls
    group by tool_use_id
    having count(*) > 1
),

ranked as (
    select
        calls.*,
        1 as copy_number
    from calls
    where calls.tool_use_id not in (select repeated.tool_use_id from repeated)
    union all
    select
        calls.*,
        row_number() over (
            partition by calls.tool_use_id
            order by
                calls.is_sidechain asc, {{ had_first('origins') }}, calls.event_at asc, calls.stream asc,
                calls.generation asc, calls.source_offset asc, calls.block_index asc
        ) as copy_number
    from calls
    inner join repeated on calls.tool_use_id = repeated.tool_use_id
    inner join {{ ref('int_session_origins') }} as origins on calls.session_id = origins.session_id
),

-- A copy of the result says the same; an earlier one came first.
results as (
    select
        blocks.tool_use_id,
        bool_or(coalesce(blocks.is_error, false)) as is_error,
        min(blocks.written_at) as finished_at,
        max(blocks.file_path) as file_path,
        max(blocks.characters) as result_characters,
        max(blocks.lines_added) as lines_added,
        max(blocks.lines_removed) as lines_removed,
        bool_or(coalesce(blocks.is_rejected, false)) as is_rejected,
        min(blocks.error_class) as error_class,
        bool_or(coalesce(blocks.reports_failure, false)) as reports_failure,
        max(blocks.commit_hash) as commit_hash,
        max(blocks.commit_subject) as commit_subject
    from blocks
    where blocks.is_result
    group by blocks.tool_use_id
)

select
    ranked.tool_use_id,
    ranked.session_id,
    ranked.project_id,
    ranked.host,
    ranked.agent_id,
    ranked.message_id,
    coalesce(ranked.tool_name, 'unknown') as tool_name,
    ranked.subject,
    case
        when results.tool_use_id is null then 'pending'
        when results.is_error then 'error'
        else 'success'
    end as status,
    coalesce(results.is_error, false) as is_error,
    results.error_class,
    coalesce(results.is_rejected, false) as is_rejected,
    ranked.started_at,
    results.finished_at,
    {{ report_day('ranked.started_at') }} as day,
    {{ report_hour('ranked.started_at') }} as hour_at,
    -- Clocks step back now and then; a call never ends before it began.
    case
        when results.finished_at is not null then cast(
            greatest(0, {{ seconds_between('ranked.started_at', 'results.finished_at') }} * 1000) as bigint
        )
    end as duration_ms,
    coalesce(ranked.file_path, results.file_path) as file_path,
    results.result_characters,
    coalesce(results.lines_added, ranked.lines_added) as lines_added,
    coalesce(results.lines_removed, ranked.lines_removed) as lines_removed,
    ranked.check_kind,
    case
        when ranked.check_kind is not null and results.tool_use_id is not null and not results.is_rejected
            then results.is_error or results.reports_failure
    end as is_check_failed,
    results.commit_hash,
    results.commit_subject
from ranked
left join results on ranked.tool_use_id = results.tool_use_id
where ranked.copy_number = 1
