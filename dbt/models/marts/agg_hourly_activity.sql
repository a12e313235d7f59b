with messages as (
    select
        project_id,
        hour_at,
        {{ hour_start('sent_at') }} as hour_start_at,
        count(*) filter (where role = 'user') as user_messages,
        count(*) filter (where role = 'assistant') as assistant_messages,
        count(*) filter (where is_human_prompt) as prompts,
        count(distinct session_id) as sessions
    from {{ ref('fct_messages') }}
    where role is not null or is_human_prompt
    group by 1, 2, 3
),

calls as (
    select
        project_id,
        hour_at,
        {{ hour_start('started_at') }} as hour_start_at,
        count(*) as tool_calls,
        count(*) filter (where is_failed) as tool_errors
    from {{ ref('fct_tool_calls') }}
    group by 1, 2, 3
),

usage as (
    select
        project_id,
        hour_at,
        {{ hour_start('sent_at') }} as hour_start_at,
        count(*) as api_messages,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd
    from {{ ref('fct_api_messages') }}
    group by 1, 2, 3
),

hours as (
    select
        project_id,
        hour_at,
        hour_start_at
    from messages
    union distinct
    select
        project_id,
        hour_at,
        hour_start_at
    from calls
    union distinct
    select
        project_id,
        hour_at,
        hour_start_at
    from usage
)

select
    hours.hour_at,
    hours.hour_start_at,
    hours.project_id,
    cast(hours.hour_at as date) as day,
    cast(extract(hour from hours.hour_at) as integer) as hour,
    {{ day_of_week('hours.hour_at') }} as day_of_week,
    coalesce(messages.sessions, 0) as sessions,
    coalesce(messages.prompts, 0) as prompts,
    coalesce(messages.user_messages, 0) as user_messages,
    coalesce(messages.assistant_messages, 0) as assistant_messages,
    coalesce(calls.tool_calls, 0) as tool_calls,
    coalesce(calls.tool_errors, 0) as tool_errors,
    coalesce(usage.api_messages, 0) as api_messages,
    coalesce(usage.output_tokens, 0) as output_tokens,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd
from hours
left join messages
    on hours.project_id = messages.project_id and hours.hour_start_at = messages.hour_start_at
left join calls
    on hours.project_id = calls.project_id and hours.hour_start_at = calls.hour_start_at
left join usage
    on hours.project_id = usage.project_id and hours.hour_start_at = usage.hour_start_at
