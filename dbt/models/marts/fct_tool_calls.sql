{{ config(materialized=in_place('view')) }}
with calls as (
    select * from {{ ref('int_tool_usage') }}
)

select
    tool_use_id,
    session_id,
    project_id,
    host,
    agent_id,
    message_id,
    tool_name,
    subject,
    status,
    is_error,
    error_class,
    is_rejected,
    is_error and not is_rejected as is_failed,
    started_at,
    finished_at,
    duration_ms,
    day,
    hour_at,
    file_path,
    lines_added,
    lines_removed
from calls
