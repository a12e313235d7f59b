with changes as (
    select * from {{ ref('fct_file_operations') }}
    where operation in ('edit', 'write') and status = 'success'
),

files as (
    select
        project_id,
        file_path,
        min(file_extension) as file_extension,
        count(*) as changes,
        count(distinct session_id) as sessions,
        count(distinct day) as days,
        cast(sum(lines_added) as bigint) as lines_added,
        cast(sum(lines_removed) as bigint) as lines_removed,
        min(started_at) as first_changed_at,
        max(started_at) as last_changed_at
    from changes
    group by project_id, file_path
)

select
    *,
    cast(rank() over (partition by project_id order by changes desc, lines_added + lines_removed desc) as integer)
        as hot_rank
from files
