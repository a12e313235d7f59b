{{ config(materialized=in_place('view')) }}
with prompts as (
    select * from {{ ref('int_prompts') }}
)

select
    entry_id,
    session_id,
    project_id,
    host,
    event_at as sent_at,
    day,
    cast(turn_number as integer) as turn_number,
    task_category,
    prompt,
    cast(prompt_length as bigint) as prompt_length,
    command_name,
    cast(response_seconds as double) as response_seconds,
    cast(turn_seconds as double) as turn_seconds,
    assistant_messages
from prompts
