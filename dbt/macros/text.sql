{#- A model id as the price list writes it: without [1m], a cloud's prefix and its version suffix. -#}
{% macro listed_model(column) -%}
    {%- set bare = replace_all("lower(" ~ column ~ ")", "'\\[[^\\]]*\\]$'", "''") -%}
    {%- set named = replace_all(bare, "'^(?:[a-z-]+\\.)?anthropic[./]|-v\\d+(?::\\d+)?$'", "''") -%}
    {{ replace_all(named, "'@(\\d)'", "'-" ~ group_reference(1) ~ "'") }}
{%- endmacro %}
