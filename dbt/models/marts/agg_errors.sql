with errors as (
    select * from {{ ref('fct_errors') }}
)

select
    day,
    project_id,
    source,
    coalesce(tool_name, '') as tool_name,
    error_class,
    count(*) as errors,
    count(distinct session_id) as sessions
from errors
group by day, project_id, source, coalesce(tool_name, ''), error_class
