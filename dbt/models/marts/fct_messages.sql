{{ config(materialized=in_place('view')) }}
with entries as (
    select * from {{ ref('int_messages_enriched') }}
)

select
    entry_id,
    document_id,
    session_id,
    project_id,
    host,
    agent_id,
    role,
    kind,
    subtype,
    message_id,
    model,
    speaker,
    message_kind,
    is_human_prompt,
    cast(turn_number as integer) as turn_number,
    task_category,
    command_name,
    is_sidechain,
    is_meta,
    is_compact_summary,
    is_api_error,
    has_tool_result,
    git_branch,
    version,
    event_at as sent_at,
    day,
    hour_at,
    is_clock_wrong,
    cast(coalesce(text_length, 0) as bigint) as text_length,
    cast(copies as integer) as copies
from entries
