{#- What a person typed: the text without the blocks that editors and reminders put around it. -#}
{% macro typed_text(column) -%}
    {%- set tags = "ide_opened_file|ide_selection|system-reminder" -%}
    {{ stripped(replace_all(
        "coalesce(" ~ column ~ ", '')", "'(?s)<(?:" ~ tags ~ ")>.*?</(?:" ~ tags ~ ")>'", "''"
    )) }}
{%- endmacro %}

{#- A model id as the price list writes it: without [1m], a cloud's prefix and its version suffix. -#}
{% macro listed_model(column) -%}
    {%- set bare = replace_all("lower(" ~ column ~ ")", "'\\[[^\\]]*\\]$'", "''") -%}
    {%- set named = replace_all(bare, "'^(?:[a-z-]+\\.)?anthropic[./]|-v\\d+(?::\\d+)?$'", "''") -%}
    {{ replace_all(named, "'@(\\d)'", "'-$1'" if target.type == "spark" else "'-\\1'") }}
{%- endmacro %}

{#- A slash command reads as it was typed, without the tags around its parts. -#}
{% macro as_typed(prompt) -%}
    case
        when contains({{ prompt }}, '<command-name>') then trim(
            regexp_extract({{ prompt }}, '(?s)<command-name>(.*?)</command-name>', 1)
            || ' ' || regexp_extract({{ prompt }}, '(?s)<command-args>(.*?)</command-args>', 1)
        )
        else {{ prompt }}
    end
{%- endmacro %}
