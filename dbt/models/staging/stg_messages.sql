with entries as (
    select * from {{ ref('stg_conversations') }}
)

select
    document_id,
    entry_id,
    session_id,
    project_id,
    stream,
    generation,
    source_offset,
    role,
    message_id,
    agent_id,
    is_sidechain,
    is_meta,
    is_compact_summary,
    event_at,
    written_at,
    text
from entries
where role in ('user', 'assistant')
