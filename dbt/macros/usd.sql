{#- Exact money: decimals all the way, since dividing would make a floating-point number. -#}
{% macro usd(tokens, usd_per_mtok) -%}
    cast(
        cast({{ tokens }} as decimal(18, 0))
        * cast({{ usd_per_mtok }} * 0.000001 as decimal(14, 12)) as decimal(18, 10)
    )
{%- endmacro %}
