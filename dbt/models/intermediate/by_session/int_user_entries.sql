with entries as (
    select * from {{ ref('stg_conversations') }}
    where (role = 'user' or entry_type = 'attachment') and {{ touched('session_id') }}
),

block_kinds as (
    select
        document_id,
        bool_or(kind like '%tool_result') as has_tool_result,
        bool_or(kind in ('image', 'document')) as has_attachment
    from {{ ref('stg_content_blocks') }}
    where role = 'user' and {{ touched('session_id') }}
    group by document_id
),

queued_prompts as (
    select document_id
    from {{ ref('stg_entry_details') }}
    where
        entry_type = 'attachment'
        and subtype = 'queued_command'
        and coalesce(command_mode, 'prompt') = 'prompt'
        and coalesce(origin_kind, 'human') = 'human'
)

select
    entries.document_id,
    entries.session_id,
    {{ typed_text('entries.text') }} as typed_text,
    queued_prompts.document_id is not null as is_queued_prompt,
    coalesce(block_kinds.has_tool_result, false) as has_tool_result,
    coalesce(block_kinds.has_attachment, false) as has_attachment
from entries
left join block_kinds on entries.document_id = block_kinds.document_id
left join queued_prompts on entries.document_id = queued_prompts.document_id
where entries.role = 'user' or queued_prompts.document_id is not null
