{{ config(unique_key='message_id') }}
-- A pull request takes in work of sessions that did not change: with its branch, these come again too.
with projects as (
    select * from {{ ref('int_session_projects') }}
),

spans as (
    select * from {{ ref('int_pull_request_spans') }}
),

moved as (
    {{ moved_responses(this) }}
),

messages as (
    select * from {{ ref('int_api_messages') }}
    where {{ touched('session_id') }} or message_id in (select moved.message_id from moved)
),

breaks as (
    select * from {{ ref('int_cache_breaks') }}
    where is_break
),

-- The length of the prompt picks the price of the whole request.
priced as (
    select
        messages.*,
        projects.project_key,
        projects.user_name,
        prompts.turn_number,
        prompts.prompt_entry_id,
        prompts.task_category,
        prompts.command_name,
        coalesce(messages.agent_type, agents.agent_type) as kind_of_agent,
        spans.pull_request,
        prices.price_model is not null and not messages.has_unknown_factor as is_price_known,
        case when messages.inference_geo = 'us' then prices.us_multiple else 1 end as place_multiple,
        {{ token_usd('messages', 'prices') }} as token_usd,
        cast(messages.web_search_requests * prices.web_search_usd as decimal(18, 10)) as search_usd,
        {{ cache_savings_usd('messages', 'prices') }} as cache_savings_usd,
        breaks.cause as cache_break_cause,
        coalesce(breaks.rewritten_tokens, 0) as rewritten_tokens,
        {{ rewritten_usd('breaks', 'prices') }} as cache_break_usd,
        {{ write_usd('messages', 'prices') }} as cache_write_usd_per_mtok
    from messages
    left join breaks on messages.message_id = breaks.message_id
    left join projects on messages.session_id = projects.session_id
    left join {{ ref('int_message_prompts') }} as prompts on messages.message_id = prompts.message_id
    left join {{ ref('int_subagents') }} as agents
        on messages.session_id = agents.session_id and messages.agent_id = agents.agent_id
    left join spans on {{ in_span('messages', 'messages.event_at') }}
    left join {{ ref('int_model_prices') }} as prices
        on
            messages.model = prices.model
            and messages.price_variant = prices.variant
            and messages.prompt_tokens > prices.prompt_tokens_over
            and messages.prompt_tokens <= prices.prompt_tokens_up_to
            and cast(messages.event_at as date) >= prices.valid_from
            and cast(messages.event_at as date) < prices.valid_to
)

select
    message_id,
    session_id,
    project_id,
    project_key,
    host,
    agent_id,
    model,
    event_at as sent_at,
    day,
    hour_at,
    input_tokens,
    output_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    cache_read_tokens,
    thinking_tokens,
    web_search_requests,
    price_variant,
    nullif(inference_geo, '') as inference_geo,
    {{ usd_or_zero('token_usd * place_multiple') }} as cost_usd,
    {{ usd_or_zero('token_usd * place_multiple + search_usd') }} as cost_usd_with_web_search,
    {{ usd_or_zero('cache_savings_usd * place_multiple') }} as cache_savings_usd,
    cache_break_cause,
    cast(rewritten_tokens as bigint) as rewritten_tokens,
    {{ usd_or_zero('cache_break_usd * place_multiple') }} as cache_break_usd,
    cast(cache_write_usd_per_mtok * place_multiple as decimal(12, 6)) as cache_write_usd_per_mtok,
    prompt_tokens,
    is_price_known,
    is_usage_final,
    is_sidechain,
    cast(sessions as integer) as sessions,
    cast(turn_number as integer) as turn_number,
    prompt_entry_id,
    task_category,
    command_name,
    skill,
    plugin,
    mcp_server,
    mcp_tool,
    kind_of_agent as agent_type,
    effort,
    nullif(git_branch, '') as git_branch,
    pull_request,
    version,
    entrypoint,
    user_name
from priced
