{{ config(materialized='view') }}
with prices as (
    select * from {{ ref('int_model_prices') }}
)

select
    model,
    price_model,
    variant,
    prompt_tokens_over,
    prompt_tokens_up_to,
    valid_from,
    valid_to,
    input_usd_per_mtok,
    output_usd_per_mtok,
    cache_read_usd_per_mtok,
    cache_write_5m_usd_per_mtok,
    cache_write_1h_usd_per_mtok,
    web_search_usd,
    source
from prices
