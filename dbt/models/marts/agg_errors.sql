with tool_errors as (
    select
        day,
        project_id,
        'tool' as source,
        tool_name,
        error_class,
        session_id
    from {{ ref('fct_tool_calls') }}
    where is_error
),

api_errors as (
    select
        day,
        project_id,
        'api' as source,
        cast(null as string) as tool_name,
        'api error' as error_class,
        session_id
    from {{ ref('fct_messages') }}
    where is_api_error or (kind = 'system' and subtype = 'api_error')
),

errors as (
    select * from tool_errors
    union all
    select * from api_errors
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
