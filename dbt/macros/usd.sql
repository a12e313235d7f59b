{#- Exact money: decimals all the way, since dividing would make a floating-point number. -#}
{% macro usd(tokens, usd_per_mtok) -%}
    cast(
        cast({{ tokens }} as decimal(18, 0))
        * cast({{ usd_per_mtok }} * 0.000001 as decimal(14, 12)) as decimal(18, 10)
    )
{%- endmacro %}

{#- Money, 0 where there is none to know. Beside a plain 0 a decimal would become one of 128 bits, twenty times as slow. -#}
{% macro usd_or_zero(usd) -%}
    coalesce(cast({{ usd }} as decimal(18, 10)), cast(0 as decimal(18, 10)))
{%- endmacro %}

{#- What the tokens of a response cost, each kind by its price. -#}
{% macro token_usd(messages, prices) -%}
    {%- for kind in ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"] -%}
        {{ usd(messages ~ "." ~ kind ~ "_tokens", prices ~ "." ~ kind ~ "_usd_per_mtok") }}
        {%- if not loop.last %} + {% endif %}
    {%- endfor %}
{%- endmacro %}

{#- What the cache saved: its tokens at the price of input, less what they cost. -#}
{% macro cache_savings_usd(messages, prices) -%}
    {%- for kind in ["cache_read", "cache_write_5m", "cache_write_1h"] -%}
        {%- set saved = "(" ~ prices ~ ".input_usd_per_mtok - " ~ prices ~ "." ~ kind ~ "_usd_per_mtok)" -%}
        {{ usd(messages ~ "." ~ kind ~ "_tokens", saved) }}
        {%- if not loop.last %} + {% endif %}
    {%- endfor %}
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
