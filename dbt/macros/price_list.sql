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
