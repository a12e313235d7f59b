with entries as (
    select * from {{ ref('int_messages_enriched') }}
    where message_id is not null and {{ touched('session_id') }}
),

places as (
    select
        session_id,
        message_id,
        min({{ work_id() }}) as work_id
    from entries
    group by session_id, message_id
),

calls as (
    select
        usage.*,
        places.work_id,
        coalesce(tools.tool_category = 'file edit' and usage.status = 'success', false) as is_edit,
        coalesce(tools.tool_category = 'file read' and usage.status = 'success', false) as is_read
    from {{ ref('int_tool_usage') }} as usage
    inner join places on usage.session_id = places.session_id and usage.message_id = places.message_id
    left join {{ ref('tool_categories') }} as tools on usage.tool_name = tools.tool_name
    where {{ touched('usage.session_id') }}
),

-- The check that an edit waits for, and the one whose failure it may answer to.
ordered as (
    select
        *,
        min(case when is_edit then started_at end) over (partition by work_id) as first_edit_at,
        min(case when check_kind is not null then started_at end) over (
            partition by work_id order by started_at, tool_use_id rows between 1 following and unbounded following
        ) as next_check_at,
        max(case when is_check_failed then started_at end) over (
            partition by work_id order by started_at, tool_use_id rows between unbounded preceding and 1 preceding
        ) as failed_check_at
    from calls
),

compared as (
    select
        *,
        lag(started_at) over (
            partition by work_id, is_edit, file_path order by started_at, tool_use_id
        ) as earlier_edit_at,
        max(started_at) over (partition by work_id, is_edit, file_path) as last_edit_at
    from ordered
)

select
    work_id,
    min(session_id) as session_id,
    count(*) as tool_calls,
    count(*) filter (where status <> 'pending' and not is_rejected) as ended_calls,
    count(*) filter (where is_error and not is_rejected) as failed_calls,
    count(*) filter (where is_rejected) as declined_calls,
    count(*) filter (where check_kind is not null) as checks,
    count(*) filter (where is_check_failed) as failed_checks,
    min(first_edit_at) as first_edit_at,
    count(distinct case when is_read and started_at < first_edit_at then file_path end) as files_read_before_edit,
    count(*) filter (where is_edit) as edits,
    -- An edit again: the same file was changed before, and a check failed in between.
    count(*) filter (where is_edit and failed_check_at > earlier_edit_at) as repeated_edits,
    count(*) filter (where is_edit and next_check_at is not null) as checked_edits,
    count(*) filter (where is_edit and last_edit_at < next_check_at) as one_shot_edits,
    sum(case when is_edit then coalesce(lines_added, 0) + coalesce(lines_removed, 0) else 0 end) as changed_lines
from compared
group by work_id
