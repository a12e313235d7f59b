{{ config(materialized=in_place('view')) }}
with calls as (
    select * from {{ ref('fct_tool_calls') }}
    where file_path is not null
),

tools as (
    select * from {{ ref('dim_tools') }}
)

select
    calls.tool_use_id,
    calls.session_id,
    calls.project_id,
    calls.project_key,
    calls.host,
    calls.agent_id,
    calls.tool_name,
    case
        when calls.tool_name = 'Write' then 'write'
        when tools.tool_category = 'file edit' then 'edit'
        when tools.tool_category = 'file read' then 'read'
        when tools.tool_category = 'search' then 'search'
        else 'other'
    end as operation,
    calls.file_path,
    nullif(regexp_extract(calls.file_path, '([^/\\]+)$', 1), '') as file_name,
    lower(nullif(regexp_extract(calls.file_path, '[^/\\.]\.([A-Za-z0-9_]+)$', 1), '')) as file_extension,
    calls.status,
    calls.is_error,
    calls.started_at,
    calls.day,
    calls.duration_ms,
    coalesce(calls.lines_added, 0) as lines_added,
    coalesce(calls.lines_removed, 0) as lines_removed
from calls
inner join tools on calls.tool_name = tools.tool_name
