with messages as (
    select
        message_id,
        -- What was billed beside a message stands where that stands.
        case
            when usage_kind = 'message' then message_id
            else split_part(message_id, ':' || usage_kind || ':', 1)
        end as response_id,
        session_id,
        agent_id,
        event_at
    from {{ ref('int_api_messages') }}
    where {{ touched('session_id') }}
),

entries as (
    select * from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
),

prompts as (
    select
        session_id,
        turn_number,
        entry_id,
        event_at,
        task_category,
        command_name
    from entries
    where is_human_prompt and turn_number > 0
),

-- The turn that a response stands in.
turns as (
    select
        session_id,
        message_id,
        min(turn_number) as turn_number
    from entries
    where message_id is not null and turn_number > 0
    group by session_id, message_id
),

agents as (
    select * from {{ ref('int_subagents') }}
    where {{ touched('session_id') }}
),

placed as (
    select
        messages.message_id,
        messages.session_id,
        coalesce(agents.turn_number, turns.turn_number) as turn_number,
        -- Where nothing says what started a subagent, it is the last prompt before it began.
        case
            when messages.agent_id is null then messages.event_at
            else min(messages.event_at) over (partition by messages.session_id, messages.agent_id)
        end as began_at
    from messages
    left join agents on messages.session_id = agents.session_id and messages.agent_id = agents.agent_id
    left join turns on messages.session_id = turns.session_id and messages.response_id = turns.message_id
),

in_order as (
    select
        session_id,
        cast(null as string) as message_id,
        event_at as began_at,
        turn_number
    from prompts
    union all
    select
        session_id,
        message_id,
        began_at,
        cast(null as bigint) as turn_number
    from placed
    where turn_number is null
),

by_time as (
    select
        message_id,
        max(turn_number) over (
            partition by session_id order by began_at asc, turn_number asc nulls last
            rows between unbounded preceding and current row
        ) as turn_number
    from in_order
),

found as (
    select
        placed.message_id,
        placed.session_id,
        coalesce(placed.turn_number, by_time.turn_number) as turn_number
    from placed
    left join by_time on placed.message_id = by_time.message_id
)

select
    found.message_id,
    found.session_id,
    found.turn_number,
    prompts.entry_id as prompt_entry_id,
    prompts.task_category,
    prompts.command_name
from found
left join prompts on found.session_id = prompts.session_id and found.turn_number = prompts.turn_number
