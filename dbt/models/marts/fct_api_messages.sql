with messages as (
    select * from {{ ref('int_api_messages') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
),

prices as (
    select * from {{ ref('dim_model_prices') }}
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
        prices.price_model is not null and not messages.has_unknown_factor as is_price_known,
        case when messages.inference_geo = 'us' then prices.us_multiple else 1 end as place_multiple,
        {{ usd('messages.input_tokens', 'prices.input_usd_per_mtok') }}
        + {{ usd('messages.output_tokens', 'prices.output_usd_per_mtok') }}
        + {{ usd('messages.cache_read_tokens', 'prices.cache_read_usd_per_mtok') }}
        + {{ usd('messages.cache_write_5m_tokens', 'prices.cache_write_5m_usd_per_mtok') }}
        + {{ usd('messages.cache_write_1h_tokens', 'prices.cache_write_1h_usd_per_mtok') }}
            as token_usd,
        cast(messages.web_search_requests * prices.web_search_usd as decimal(18, 10)) as search_usd,
        {{ usd('messages.cache_read_tokens', '(input_usd_per_mtok - cache_read_usd_per_mtok)') }}
        + {{ usd('messages.cache_write_5m_tokens', '(input_usd_per_mtok - cache_write_5m_usd_per_mtok)') }}
        + {{ usd('messages.cache_write_1h_tokens', '(input_usd_per_mtok - cache_write_1h_usd_per_mtok)') }}
            as cache_savings_usd,
        breaks.cause as cache_break_cause,
        coalesce(breaks.rewritten_tokens, 0) as rewritten_tokens,
        {{ usd('breaks.rewritten_5m_tokens', '(cache_write_5m_usd_per_mtok - cache_read_usd_per_mtok)') }}
        + {{ usd('breaks.rewritten_1h_tokens', '(cache_write_1h_usd_per_mtok - cache_read_usd_per_mtok)') }}
            as cache_break_usd
    from messages
    left join breaks on messages.message_id = breaks.message_id
    left join projects on messages.session_id = projects.session_id
    left join prices
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
    cast(coalesce(token_usd * place_multiple, 0) as decimal(18, 10)) as cost_usd,
    cast(coalesce(token_usd * place_multiple + search_usd, 0) as decimal(18, 10)) as cost_usd_with_web_search,
    cast(coalesce(cache_savings_usd * place_multiple, 0) as decimal(18, 10)) as cache_savings_usd,
    cache_break_cause,
    cast(rewritten_tokens as bigint) as rewritten_tokens,
    cast(coalesce(cache_break_usd * place_multiple, 0) as decimal(18, 10)) as cache_break_usd,
    prompt_tokens,
    is_price_known,
    is_usage_final,
    is_sidechain,
    cast(sessions as integer) as sessions
from priced
