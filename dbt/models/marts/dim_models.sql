with usage as (
    select
        messages.model,
        min(messages.sent_at) as first_used_at,
        max(messages.sent_at) as last_used_at,
        count(*) as api_messages,
        count(*) filter (where not messages.is_price_known) as unpriced_messages,
        cast(sum(messages.cost_usd) as decimal(18, 10)) as cost_usd
    from {{ ref('fct_api_messages') }} as messages
    where messages.model is not null
    group by messages.model
),

latest_prices as (
    select
        model,
        price_model,
        input_usd_per_mtok,
        output_usd_per_mtok,
        cache_read_usd_per_mtok,
        cache_write_5m_usd_per_mtok,
        cache_write_1h_usd_per_mtok,
        row_number() over (partition by model order by valid_from desc, prompt_tokens_over asc) as recency
    from {{ ref('dim_model_prices') }}
    where variant = 'standard'
)

select
    usage.model,
    latest_prices.price_model,
    coalesce(
        nullif(regexp_extract(lower(usage.model), '(opus|sonnet|haiku|fable|mythos)', 1), ''), 'other'
    ) as model_family,
    latest_prices.input_usd_per_mtok,
    latest_prices.output_usd_per_mtok,
    latest_prices.cache_read_usd_per_mtok,
    latest_prices.cache_write_5m_usd_per_mtok,
    latest_prices.cache_write_1h_usd_per_mtok,
    usage.unpriced_messages = 0 as is_price_known,
    usage.first_used_at,
    usage.last_used_at,
    usage.api_messages,
    usage.unpriced_messages,
    usage.cost_usd
from usage
left join latest_prices on usage.model = latest_prices.model and latest_prices.recency = 1
