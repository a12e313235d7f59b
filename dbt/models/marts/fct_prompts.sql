{{ config(materialized=in_place('view')) }}
with prompts as (
    select * from {{ ref('int_prompts') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
),

usage as (
    select
        prompt_entry_id,
        count(*) as api_messages,
        cast(sum(prompt_tokens) as bigint) as prompt_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search,
        cast(sum(case when is_sidechain then cost_usd else 0 end) as decimal(18, 10)) as subagent_cost_usd,
        -- Subagents may answer with another model than the one that was asked.
        min_by(model, sent_at) filter (where not is_sidechain) as model,
        {{ listed('model') }} as models
    from {{ ref('fct_api_messages') }}
    where prompt_entry_id is not null
    group by prompt_entry_id
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
    prompts.assistant_messages,
    usage.model,
    usage.models,
    coalesce(usage.api_messages, 0) as api_messages,
    coalesce(usage.prompt_tokens, 0) as prompt_tokens,
    coalesce(usage.output_tokens, 0) as output_tokens,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd,
    cast(coalesce(usage.cost_usd_with_web_search, 0) as decimal(18, 10)) as cost_usd_with_web_search,
    cast(coalesce(usage.subagent_cost_usd, 0) as decimal(18, 10)) as subagent_cost_usd
from prompts
inner join projects on prompts.session_id = projects.session_id
left join usage on prompts.entry_id = usage.prompt_entry_id
