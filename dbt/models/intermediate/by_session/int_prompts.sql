with entries as (
    select * from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
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
    select * from entries
    where is_human_prompt
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
    prompts.prompt,
    prompts.prompt_length,
    prompts.command_name,
    {{ seconds_from_to('prompts.written_at', 'turns.answered_at') }} as response_seconds,
    {{ seconds_from_to('prompts.written_at', 'turns.finished_at') }} as turn_seconds,
    coalesce(turns.assistant_messages, 0) as assistant_messages
from prompts
left join turns on prompts.session_id = turns.session_id and prompts.turn_number = turns.turn_number
