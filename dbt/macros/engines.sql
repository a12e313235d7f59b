{#-
What engines write differently. DuckDB's way is the default; Spark's beside it builds the same marts
(docs/scale.md). A model that needs another such word gets it here.
-#}
{% macro matches(text, pattern) -%}
    {{ "regexp_like" if target.type == "spark" else "regexp_matches" }}({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro replace_all(text, pattern, by) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ by }}{{ ", 'g'" if target.type != "spark" }})
{%- endmacro %}

{#- A field of a JSON text by its path, as text; null where it is missing. -#}
{% macro json_field(column, path) -%}
    {{ "get_json_object" if target.type == "spark" else "json_extract_string" }}({{ column }}, '$.{{ path }}')
{%- endmacro %}

{#- A row for each object of a JSON list, its named fields (name, string or bigint) as columns. -#}
{% macro each_object(column, fields) -%}
    {%- if target.type == "spark" -%}
        {%- set types = [] -%}
        {%- for name, kind in fields -%}{%- do types.append(name ~ ":" ~ kind) -%}{%- endfor -%}
        inline(from_json({{ column }}, 'array<struct<{{ types | join(",") }}>>'))
    {%- else -%}
        {%- set types = [] -%}
        {%- for name, kind in fields -%}
            {%- do types.append('"' ~ name ~ '":"' ~ ("VARCHAR" if kind == "string" else kind | upper) ~ '"') -%}
        {%- endfor -%}
        unnest(from_json({{ column }}, '[{{ "{" ~ types | join(",") ~ "}" }}]'), recursive := true)
    {%- endif -%}
{%- endmacro %}

{#- A number for any value, the same in every run. -#}
{% macro hash_of(values) -%}
    {{ "xxhash64" if target.type == "spark" else "hash" }}({{ values }})
{%- endmacro %}

{#- The distinct values of a group in one text, in their order; null without any. -#}
{% macro listed(column) -%}
    {%- if target.type == "spark" -%}
        nullif(array_join(sort_array(collect_set({{ column }})), ', '), '')
    {%- else -%}
        string_agg(distinct {{ column }}, ', ' order by {{ column }})
    {%- endif -%}
{%- endmacro %}

{% macro percentile_of(column, share) -%}
    {{ "percentile" if target.type == "spark" else "quantile_cont" }}({{ column }}, {{ share }})
{%- endmacro %}

{#- Monday is 1. -#}
{% macro day_of_week(column) -%}
    cast(extract({{ "dayofweek_iso" if target.type == "spark" else "isodow" }} from {{ column }}) as integer)
{%- endmacro %}

{#- The row on the right that is the last to begin by the time on the left. -#}
{% macro join_last_begun(right, time, begun) -%}
    {%- if target.type == "spark" -%}
        inner join (
            select
                *,
                lead({{ begun }}, 1, timestamp '9999-12-31') over (order by {{ begun }}) as next_begun
            from {{ right }}
        ) as {{ right }} on {{ time }} >= {{ right }}.{{ begun }} and {{ time }} < {{ right }}.next_begun
    {%- else -%}
        asof inner join {{ right }} on {{ time }} >= {{ right }}.{{ begun }}
    {%- endif -%}
{%- endmacro %}

{#- Without the white space around it. -#}
{% macro stripped(text) -%}
    {%- if target.type == "spark" -%}
        regexp_replace({{ text }}, '^[ \t\r\n]+|[ \t\r\n]+$', '')
    {%- else -%}
        trim({{ text }}, e' \t\r\n')
    {%- endif -%}
{%- endmacro %}

{#- Every day from the first to the last, both included: the one place that makes rows out of nothing. -#}
{% macro days_between(first_day, last_day, relation) -%}
    {%- if target.type == "spark" -%}
        select explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day)) as day
    {%- else -%}
        select cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date) as day
    {%- endif %}
    from {{ relation }}
{%- endmacro %}

{#- The rows of a CSV file with a header, every column as text. -#}
{% macro rows_of_csv(path) -%}
    {%- set quoted = "'" ~ (path | replace("'", "''")) ~ "'" -%}
    {%- if target.type == "spark" -%}
        {{ exceptions.raise_compiler_error("PRICES_FILE is read by DuckDB only; unset it for Spark") }}
    {%- else -%}
        read_csv({{ quoted }}, header = true, all_varchar = true, delim = ',')
    {%- endif -%}
{%- endmacro %}
