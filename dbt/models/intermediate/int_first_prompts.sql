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
),

first_ones as (
    select
        session_id,
        prompt,
        regexp_extract(prompt, '(?s)<command-name>(.*?)</command-name>', 1) as command_name,
        regexp_extract(prompt, '(?s)<command-args>(.*?)</command-args>', 1) as command_args
    from ranked
    where prompt_number = 1
)

-- A slash command reads as it was typed, without the tags around its parts.
select
    session_id,
    substring(
        case when command_name = '' then prompt else trim(command_name || ' ' || command_args) end, 1, 300
    ) as first_prompt
from first_ones
