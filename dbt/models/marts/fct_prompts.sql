{{ config(materialized=in_place('view')) }}
with prompts as (
    select * from {{ ref('int_prompts') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
)

select
    prompts.entry_id,
    prompts.session_id,
    prompts.project_id,
    projects.project_key,
    prompts.host,
    prompts.event_at as sent_at,
    prompts.day,
    cast(prompts.turn_number as integer) as turn_number,
    prompts.task_category,
    prompts.prompt,
    cast(prompts.prompt_length as bigint) as prompt_length,
    prompts.command_name,
    cast(prompts.response_seconds as double) as response_seconds,
    cast(prompts.turn_seconds as double) as turn_seconds,
    prompts.assistant_messages
from prompts
inner join projects on prompts.session_id = projects.session_id
