with source as (
    select * from {{ source('raw', 'content_blocks') }}
),

corrected as (
    select * from {{ ref('stg_corrected_times') }}
)

select
    source._id as document_id,
    block_index,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    role,
    message_id,
    agent_id,
    is_sidechain,
    kind,
    tool_use_id,
    tool_name,
    is_error,
    subject,
    error_text,
    error_class,
    is_rejected,
    file_path,
    lines_added,
    lines_removed,
    coalesce(corrected.corrected_at, {{ in_utc('event_at') }}) as event_at,
    case when not is_clock_wrong then {{ in_utc('timestamp') }} end as written_at
from source
left join corrected on source._id = corrected.document_id
