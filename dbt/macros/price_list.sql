{#- The rows of the price seed, or of the newer list that `cca prices update` wrote where cca is installed. -#}
{% macro price_list(seed) -%}
{%- set newer = env_var("CCA_PRICE_LIST", "") %}
{%- if newer and execute %}
    select
    {%- for column in adapter.get_columns_in_relation(seed) %}
        cast({{ column.quoted }} as {{ column.data_type }}) as {{ column.quoted }}{{ "," if not loop.last }}
    {%- endfor %}
    from {{ rows_of_csv(newer) }}
{%- else %}
    select * from {{ seed }}
{%- endif %}
{%- endmacro %}

{#- Whether something scales the price of a row of usage in a way that nobody has told us yet. -#}
{% macro has_unknown_factor() -%}
    speed not in ('', 'standard', 'fast')
    or service_tier not in ('', 'standard', 'default', 'auto', 'batch', 'priority')
    or inference_geo not in ('', 'us', 'global', 'not_available')
{%- endmacro %}
