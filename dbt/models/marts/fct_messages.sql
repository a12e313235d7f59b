{{ config(materialized=in_place('view')) }}
with entries as (
    select * from {{ ref('int_messages_enriched') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
)

select
    entries.entry_id,
    entries.document_id,
    entries.session_id,
    entries.project_id,
    projects.project_key,
    entries.host,
    entries.agent_id,
    entries.role,
    entries.kind,
    entries.subtype,
    entries.message_id,
    entries.model,
    entries.speaker,
    entries.message_kind,
    entries.is_human_prompt,
    cast(entries.turn_number as integer) as turn_number,
    entries.task_category,
    entries.command_name,
    entries.is_sidechain,
    entries.is_meta,
    entries.is_compact_summary,
    entries.is_api_error,
    entries.has_tool_result,
    entries.git_branch,
    entries.version,
    entries.event_at as sent_at,
    entries.day,
    entries.hour_at,
    entries.is_clock_wrong,
    cast(coalesce(entries.text_length, 0) as bigint) as text_length,
    cast(entries.copies as integer) as copies
from entries
inner join projects on entries.session_id = projects.session_id
