{#- Rows of the user's own price file (setting PRICES_FILE); what it leaves out follows from the input price. -#}
{% macro own_prices() -%}
{%- set prices_file = env_var("CCA_PRICES_FILE", "") %}
with given as (
    select
        cast(null as string) as model,
        cast(null as string) as variant,
        cast(null as string) as valid_from,
        cast(null as string) as valid_to,
        cast(null as string) as input_usd_per_mtok,
        cast(null as string) as output_usd_per_mtok,
        cast(null as string) as cache_read_usd_per_mtok,
        cast(null as string) as cache_write_5m_usd_per_mtok,
        cast(null as string) as cache_write_1h_usd_per_mtok,
        cast(null as string) as web_search_usd
    where false
    {%- if prices_file %}
        union all by name
        select *
        from {{ rows_of_csv(prices_file) }}
    {%- endif %}
)

{%- set multiples = {"cache_read": "0.1", "cache_write_5m": "1.25", "cache_write_1h": "2"} %}

select
    lower(trim(model)) as model,
    coalesce(nullif(trim(variant), ''), 'standard') as variant,
    coalesce(cast(nullif(trim(valid_from), '') as date), date '1970-01-01') as valid_from,
    coalesce(cast(nullif(trim(valid_to), '') as date), date '9999-12-31') as valid_to,
    cast(input_usd_per_mtok as decimal(12, 6)) as input_usd_per_mtok,
    cast(output_usd_per_mtok as decimal(12, 6)) as output_usd_per_mtok,
    {%- for price, multiple in multiples.items() %}
        coalesce(
            cast(nullif(trim({{ price }}_usd_per_mtok), '') as decimal(12, 6)),
            cast(cast(input_usd_per_mtok as decimal(12, 6)) * {{ multiple }} as decimal(12, 6))
        ) as {{ price }}_usd_per_mtok,
    {%- endfor %}
    coalesce(cast(nullif(trim(web_search_usd), '') as decimal(12, 6)), 0.01) as web_search_usd
from given
{%- endmacro %}
