with messages as (
    select
        day,
        project_id,
        count(distinct session_id) as sessions,
        count(*) filter (where role = 'user') as user_messages,
        count(*) filter (where role = 'assistant') as assistant_messages,
        count(*) filter (where is_human_prompt) as prompts
    from {{ ref('fct_messages') }}
    where role is not null or is_human_prompt
    group by day, project_id
),

calls as (
    select
        day,
        project_id,
        count(*) as tool_calls,
        count(*) filter (where is_failed) as tool_errors
    from {{ ref('fct_tool_calls') }}
    group by day, project_id
),

usage as (
    select
        day,
        project_id,
        cast(sum(api_messages) as bigint) as api_messages,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cache_write_5m_tokens) as bigint) as cache_write_5m_tokens,
        cast(sum(cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
        cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search
    from {{ ref('agg_daily_usage') }}
    group by day, project_id
),

-- A day may have one without the other: a message's first row can lie on the day before.
days as (
    select
        day,
        project_id
    from messages
    union distinct
    select
        day,
        project_id
    from calls
    union distinct
    select
        day,
        project_id
    from usage
)

select
    days.day,
    days.project_id,
    coalesce(messages.sessions, 0) as sessions,
    coalesce(messages.prompts, 0) as prompts,
    coalesce(messages.user_messages, 0) as user_messages,
    coalesce(messages.assistant_messages, 0) as assistant_messages,
    coalesce(calls.tool_calls, 0) as tool_calls,
    coalesce(calls.tool_errors, 0) as tool_errors,
    coalesce(usage.api_messages, 0) as api_messages,
    coalesce(usage.input_tokens, 0) as input_tokens,
    coalesce(usage.output_tokens, 0) as output_tokens,
    coalesce(usage.cache_write_5m_tokens, 0) as cache_write_5m_tokens,
    coalesce(usage.cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(usage.cache_read_tokens, 0) as cache_read_tokens,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd,
    cast(coalesce(usage.cost_usd_with_web_search, 0) as decimal(18, 10)) as cost_usd_with_web_search
from days
left join messages on days.day = messages.day and days.project_id = messages.project_id
left join calls on days.day = calls.day and days.project_id = calls.project_id
left join usage on days.day = usage.day and days.project_id = usage.project_id
