{#- A model id as the price list writes it: without [1m], a cloud's prefix and its version suffix. -#}
{% macro listed_model(column) -%}
    {%- set bare = replace_all("trim(lower(" ~ column ~ "))", "'\\[[^\\]]*\\]|:[a-z]+$'", "''") -%}
    {#- A gateway puts its own names before the model's, parted by slashes or a colon. -#}
    {%- set without_gateway = replace_all(
        replace_all(bare, "'^.*/'", "''"), "'^.*:([a-z.-]*claude)'", "'" ~ group_reference(1) ~ "'"
    ) -%}
    {%- set named = replace_all(
        without_gateway,
        "'^databricks-|^(?:[a-z-]+\\.)*anthropic(?:\\.|--)|(?:-fast|-thinking|-latest)+$|@[a-z]+$'",
        "''"
    ) -%}
    {%- set plain = replace_all(named, "'-v\\d+(?::\\d+k?)*$'", "''") -%}
    {%- set dated = replace_all(plain, "'-v\\d+@'", "'@'") -%}
    {%- set dashed = replace_all(
        "replace(" ~ dated ~ ", '_', '-')", "'@(\\d)'", "'-" ~ group_reference(1) ~ "'"
    ) -%}
    {#- Some name the version before the model: claude-4.5-sonnet. -#}
    {{ replace_all(
        dashed, "'^claude-([4-9])[.-](\\d)-(opus|sonnet|haiku)'",
        "'claude-" ~ group_reference(3) ~ "-" ~ group_reference(1) ~ "-" ~ group_reference(2) ~ "'"
    ) }}
{%- endmacro %}

{#- Whether a listed model is another than the one it begins like: a longer version number, a smaller size. -#}
{% macro is_other_model(column) -%}
    {{ matches(
        column,
        "'^claude-[a-z]+-\\d+[.-]\\d{2,3}(?:[.@-]|$)|-(?:mini|nano|micro|lite|small|distill)(?:-|$)'"
    ) }}
{%- endmacro %}

{#- Whether a model id asks for fast mode by its name. -#}
{% macro is_fast_model(column) -%}
    {{ matches("lower(coalesce(" ~ column ~ ", ''))", "'[-:]fast(?:\\[|:|-thinking|\\s*$)'") }}
{%- endmacro %}

{#- Whether a model id asks Bedrock for one part of the world; `global.` asks for none. -#}
{% macro is_regional_model(column) -%}
    {{ matches("lower(" ~ column ~ ")", "'(?:^|[/:])(?:us|us-gov|eu|au|jp|apac|ca|sa)\\.anthropic\\.'") }}
{%- endmacro %}
