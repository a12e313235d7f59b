with entries as (
    select * from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
),

texts as (
    select * from {{ ref('int_user_entries') }}
),

turns as (
    select
        session_id,
        turn_number,
        min(case when role = 'assistant' then written_at end) as answered_at,
        max(case when role = 'assistant' then written_at end) as finished_at,
        count(*) filter (where role = 'assistant') as assistant_messages
    from entries
    where turn_number > 0
    group by session_id, turn_number
),

prompts as (
    select
        entries.*,
        texts.typed_text
    from entries
    left join texts on entries.document_id = texts.document_id
    where entries.is_human_prompt
)

select
    prompts.entry_id,
    prompts.session_id,
    prompts.project_id,
    prompts.host,
    prompts.event_at,
    prompts.day,
    prompts.turn_number,
    prompts.task_category,
    substring({{ as_typed('prompts.typed_text') }}, 1, 300) as prompt,
    length(prompts.typed_text) as prompt_length,
    nullif(
        regexp_extract(
            prompts.typed_text,
            '^(?:<command-message>.*?</command-message>\s*)?<command-name>/?([^<]+)</command-name>',
            1
        ),
        ''
    )
        as command_name,
    {{ seconds_from_to('prompts.written_at', 'turns.answered_at') }} as response_seconds,
    {{ seconds_from_to('prompts.written_at', 'turns.finished_at') }} as turn_seconds,
    coalesce(turns.assistant_messages, 0) as assistant_messages
from prompts
left join turns on prompts.session_id = turns.session_id and prompts.turn_number = turns.turn_number
