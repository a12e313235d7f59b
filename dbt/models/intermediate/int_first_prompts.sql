with prompts as (
    select entry_id
    from {{ ref('int_messages_enriched') }}
    where is_human_prompt
),

-- Copies too: a fork begins with the prompt it inherited.
ranked as (
    select
        entries.session_id,
        {{ typed_text('entries.text') }} as prompt,
        row_number() over (
            partition by entries.session_id
            order by entries.stream, entries.generation, entries.source_offset
        ) as prompt_number
    from {{ ref('stg_conversations') }} as entries
    inner join prompts on entries.entry_id = prompts.entry_id
)

select
    session_id,
    substring(prompt, 1, 300) as first_prompt
from ranked
where prompt_number = 1
