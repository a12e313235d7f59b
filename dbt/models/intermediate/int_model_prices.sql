with models as (
    select
        model,
        {{ listed_model('model') }} as listed_model
    from {{ ref('int_api_messages') }}
    where model is not null
    group by model
),

prices as (
    select * from {{ ref('model_prices') }}
),

-- The list's first match wins, as in genai-prices.
matched as (
    select
        models.model,
        min(prices.match_order) as match_order
    from models
    inner join prices on regexp_matches(models.listed_model, prices.match_pattern)
    group by models.model
)

select
    matched.model,
    prices.price_model,
    prices.variant,
    prices.prompt_tokens_over,
    prices.prompt_tokens_up_to,
    prices.valid_from,
    prices.valid_to,
    prices.input_usd_per_mtok,
    prices.output_usd_per_mtok,
    prices.cache_read_usd_per_mtok,
    prices.cache_write_5m_usd_per_mtok,
    prices.cache_write_1h_usd_per_mtok,
    prices.web_search_usd,
    prices.source
from matched
inner join prices on matched.match_order = prices.match_order
