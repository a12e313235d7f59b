with prompts as (
    select entry_id
    from {{ ref('int_messages_enriched') }}
    where is_human_prompt and {{ touched('session_id') }}
),

-- Copies too: a fork begins with the prompt it inherited.
ranked as (
    select
        entries.session_id,
        texts.typed_text as prompt,
        row_number() over (
            partition by entries.session_id
            order by entries.stream, entries.generation, entries.source_offset
        ) as prompt_number
    from {{ ref('stg_conversations') }} as entries
    inner join prompts on entries.entry_id = prompts.entry_id
    inner join {{ ref('int_user_entries') }} as texts on entries.document_id = texts.document_id
    where {{ touched('entries.session_id') }}
),

first_ones as (
    select
        session_id,
        prompt
    from ranked
    where prompt_number = 1
)

select
    session_id,
    substring({{ as_typed('prompt') }}, 1, 300) as first_prompt
from first_ones
