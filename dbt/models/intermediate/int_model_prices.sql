{%- set token_prices = [
    "input_usd_per_mtok", "output_usd_per_mtok", "cache_read_usd_per_mtok", "cache_write_5m_usd_per_mtok",
    "cache_write_1h_usd_per_mtok"
] %}
with models as (
    select
        model,
        {{ listed_model('model') }} as listed_model
    from {{ ref('int_api_messages') }}
    where model is not null
    group by model
),

prices as (
    {{ price_list(ref('model_prices')) }}
),

overrides as (
    select
        model as price_model,
        variant,
        valid_from,
        valid_to,
        {%- for price in token_prices %}
            {{ price }},
        {%- endfor %}
        web_search_usd,
        1 as us_multiple
    from (
        {{ own_prices() }}
    ) as own_prices
),

-- The list's first match wins, as in genai-prices.
matched as (
    select
        models.model,
        min(prices.match_order) as match_order
    from models
    inner join prices on {{ matches('models.listed_model', 'prices.match_pattern') }}
    where not {{ is_other_model('models.listed_model') }}
    group by models.model
),

listed as (
    select
        matched.model,
        prices.*,
        case when {{ is_regional_model('matched.model') }} then prices.region_multiple else 1 end as place_multiple,
        {{ is_regional_model('matched.model') }} as is_regional
    from matched
    inner join prices on matched.match_order = prices.match_order
),

-- A price of the user's own takes the place of the whole list for its model and variant.
own as (
    select
        models.model,
        overrides.*
    from models
    inner join overrides on overrides.price_model in (lower(models.model), models.listed_model)
)

select
    model,
    price_model,
    variant,
    prompt_tokens_over,
    prompt_tokens_up_to,
    valid_from,
    valid_to,
    {%- for price in token_prices %}
        cast({{ price }} * place_multiple as decimal(12, 6)) as {{ price }},
    {%- endfor %}
    web_search_usd,
    -- A place in the model's id is in the price already.
    cast(case when is_regional then 1 else us_multiple end as decimal(6, 4)) as us_multiple,
    source
from listed
where
    not exists (
        select 1 from own
        where own.model = listed.model and own.variant = listed.variant
    )
union all
select
    model,
    price_model,
    variant,
    -1 as prompt_tokens_over,
    999999999999 as prompt_tokens_up_to,
    valid_from,
    valid_to,
    {%- for price in token_prices %}
        {{ price }},
    {%- endfor %}
    web_search_usd,
    cast(us_multiple as decimal(6, 4)) as us_multiple,
    'PRICES_FILE' as source
from own
