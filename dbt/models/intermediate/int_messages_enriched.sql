-- Side files are kept in the archive, but they are no entries of a transcript.
with entries as (
    select * from {{ ref('stg_conversations') }}
    where entry_type not in ('agent-meta', 'workflow', 'tool-result')
),

kept as (
    select * from {{ ref('int_entry_copies') }}
),

block_kinds as (
    select
        document_id,
        bool_or(kind like '%tool_result') as has_tool_result,
        bool_or(kind in ('image', 'document')) as has_attachment
    from {{ ref('stg_content_blocks') }}
    where role = 'user'
    group by document_id
),

typed as (
    select
        document_id,
        {{ typed_text('text') }} as typed_text
    from entries
    where role = 'user'
),

queued_prompts as (
    select document_id from {{ ref('stg_queued_prompts') }}
),

folded as (
    select
        entries.*,
        kept.copies,
        typed.typed_text,
        queued_prompts.document_id is not null as is_queued_prompt,
        coalesce(block_kinds.has_tool_result, false) as has_tool_result,
        coalesce(block_kinds.has_attachment, false) as has_attachment
    from entries
    inner join kept on entries.document_id = kept.document_id
    left join block_kinds on entries.document_id = block_kinds.document_id
    left join queued_prompts on entries.document_id = queued_prompts.document_id
    left join typed on entries.document_id = typed.document_id
)

select
    entry_id,
    document_id,
    uuid,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    agent_id,
    role,
    case when entry_type in ('message', 'unknown') then coalesce(role, entry_type) else entry_type end as kind,
    subtype,
    message_id,
    model,
    is_sidechain,
    is_meta,
    is_compact_summary,
    is_api_error,
    has_tool_result,
    {{ is_human_prompt() }} as is_human_prompt,
    git_branch,
    cwd,
    version,
    event_at,
    written_at,
    {{ report_day('event_at') }} as day,
    length(text) as text_length,
    copies
from folded
