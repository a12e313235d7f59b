{#- Exact money: decimals all the way, since dividing would make a floating-point number. -#}
{% macro usd(tokens, usd_per_mtok) -%}
    cast(
        cast({{ tokens }} as decimal(18, 0))
        * cast({{ usd_per_mtok }} * 0.000001 as decimal(14, 12)) as decimal(18, 10)
    )
{%- endmacro %}

{#- What writing to the cache again cost, less what reading would have cost. -#}
{% macro rewritten_usd(breaks, prices) -%}
    {%- set beyond = "(" ~ prices ~ ".cache_write_%s_usd_per_mtok - " ~ prices ~ ".cache_read_usd_per_mtok)" -%}
    {{ usd(breaks ~ ".rewritten_5m_tokens", beyond | replace("%s", "5m")) }}
    + {{ usd(breaks ~ ".rewritten_1h_tokens", beyond | replace("%s", "1h")) }}
{%- endmacro %}

{#- The price of a token in the cache that a response wrote to. -#}
{% macro write_usd(messages, prices) -%}
    case
        when {{ messages }}.cache_write_1h_tokens > 0 then {{ prices }}.cache_write_1h_usd_per_mtok
        else {{ prices }}.cache_write_5m_usd_per_mtok
    end
{%- endmacro %}
