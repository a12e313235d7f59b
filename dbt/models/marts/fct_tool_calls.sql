{{ config(materialized=in_place('view')) }}
with calls as (
    select * from {{ ref('int_tool_usage') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
)

select
    calls.tool_use_id,
    calls.session_id,
    calls.project_id,
    projects.project_key,
    calls.host,
    calls.agent_id,
    calls.message_id,
    calls.tool_name,
    calls.subject,
    calls.status,
    calls.is_error,
    calls.error_class,
    calls.is_rejected,
    calls.is_error and not calls.is_rejected as is_failed,
    calls.started_at,
    calls.finished_at,
    calls.duration_ms,
    calls.day,
    calls.hour_at,
    calls.file_path,
    calls.result_characters,
    calls.lines_added,
    calls.lines_removed,
    calls.check_kind,
    calls.is_check_failed,
    calls.commit_hash,
    calls.commit_subject
from calls
inner join projects on calls.session_id = projects.session_id
