with messages as (
    select
        host,
        -- Entries without a role may carry the time of their file, which a copy of the file changes.
        coalesce(min(sent_at) filter (where role is not null), min(sent_at)) as first_active_at,
        coalesce(max(sent_at) filter (where role is not null), max(sent_at)) as last_active_at,
        count(distinct session_id) filter (where role is not null or is_human_prompt) as sessions,
        count(distinct project_id) as projects,
        count(*) filter (where role is not null) as messages,
        count(*) filter (where is_human_prompt) as prompts
    from {{ ref('fct_messages') }}
    group by host
),

usage as (
    select
        host,
        count(*) as api_messages,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd
    from {{ ref('fct_api_messages') }}
    group by host
)

select
    messages.host,
    messages.first_active_at,
    messages.last_active_at,
    messages.sessions,
    messages.projects,
    messages.messages,
    messages.prompts,
    coalesce(usage.api_messages, 0) as api_messages,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd
from messages
left join usage on messages.host = usage.host
