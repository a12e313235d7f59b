{#-
What engines write differently. `default__` is DuckDB's way; Spark's beside it builds the same marts
(docs/scale.md). A model that needs another such word gets it here. dbt's own cross-database macros serve
none of these: its hash is a text, its listagg drops no copies on Spark, its date_spine wants dates that are
known before the query, and its safe_cast fails on DuckDB.
-#}
{% macro matches(text, pattern) -%}
    {{ adapter.dispatch("matches", "cca")(text, pattern) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro replace_all(text, pattern, by) -%}
    {{ adapter.dispatch("replace_all", "cca")(text, pattern, by) }}
{%- endmacro %}

{% macro default__replace_all(text, pattern, by) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ by }}, 'g')
{%- endmacro %}

{% macro spark__replace_all(text, pattern, by) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ by }})
{%- endmacro %}

{#- The group of a regular expression, in what takes its place. -#}
{% macro group_reference(number) -%}
    {{ adapter.dispatch("group_reference", "cca")(number) }}
{%- endmacro %}

{% macro default__group_reference(number) -%}
    {{ "\\" ~ number }}
{%- endmacro %}

{% macro spark__group_reference(number) -%}
    {{ "$" ~ number }}
{%- endmacro %}

{#- A field of a JSON text by its path, as text; null where it is missing. -#}
{% macro json_field(column, path) -%}
    {{ adapter.dispatch("json_field", "cca")(column, path) }}
{%- endmacro %}

{% macro default__json_field(column, path) -%}
    json_extract_string({{ column }}, '$.{{ path }}')
{%- endmacro %}

{% macro spark__json_field(column, path) -%}
    get_json_object({{ column }}, '$.{{ path }}')
{%- endmacro %}

{#- A row for each object of a JSON list, its named fields (name, string or bigint) as columns. -#}
{% macro each_object(column, fields) -%}
    {{ adapter.dispatch("each_object", "cca")(column, fields) }}
{%- endmacro %}

{% macro default__each_object(column, fields) -%}
    {%- set types = [] -%}
    {%- for name, kind in fields -%}
        {%- do types.append('"' ~ name ~ '":"' ~ ("VARCHAR" if kind == "string" else kind | upper) ~ '"') -%}
    {%- endfor -%}
    unnest(from_json({{ column }}, '[{{ "{" ~ types | join(",") ~ "}" }}]'), recursive := true)
{%- endmacro %}

{% macro spark__each_object(column, fields) -%}
    {%- set types = [] -%}
    {%- for name, kind in fields -%}{%- do types.append(name ~ ":" ~ kind) -%}{%- endfor -%}
    inline(from_json({{ column }}, 'array<struct<{{ types | join(",") }}>>'))
{%- endmacro %}

{#- A number for any value, the same in every run. -#}
{% macro hash_of(values) -%}
    {{ adapter.dispatch("hash_of", "cca")(values) }}
{%- endmacro %}

{% macro default__hash_of(values) -%}
    hash({{ values }})
{%- endmacro %}

{% macro spark__hash_of(values) -%}
    xxhash64({{ values }})
{%- endmacro %}

{#- The distinct values of a group in one text, in their order; null without any. -#}
{% macro listed(column) -%}
    {{ adapter.dispatch("listed", "cca")(column) }}
{%- endmacro %}

{% macro default__listed(column) -%}
    string_agg(distinct {{ column }}, ', ' order by {{ column }})
{%- endmacro %}

{% macro spark__listed(column) -%}
    nullif(array_join(sort_array(collect_set({{ column }})), ', '), '')
{%- endmacro %}

{% macro percentile_of(column, share) -%}
    {{ adapter.dispatch("percentile_of", "cca")(column, share) }}
{%- endmacro %}

{% macro default__percentile_of(column, share) -%}
    quantile_cont({{ column }}, {{ share }})
{%- endmacro %}

{% macro spark__percentile_of(column, share) -%}
    percentile({{ column }}, {{ share }})
{%- endmacro %}

{#- Monday is 1. -#}
{% macro day_of_week(column) -%}
    {{ adapter.dispatch("day_of_week", "cca")(column) }}
{%- endmacro %}

{% macro default__day_of_week(column) -%}
    cast(extract(isodow from {{ column }}) as integer)
{%- endmacro %}

{% macro spark__day_of_week(column) -%}
    cast(extract(dayofweek_iso from {{ column }}) as integer)
{%- endmacro %}

{#- The row on the right that is the last to begin by the time on the left. -#}
{% macro join_last_begun(right, time, begun) -%}
    {{ adapter.dispatch("join_last_begun", "cca")(right, time, begun) }}
{%- endmacro %}

{% macro default__join_last_begun(right, time, begun) -%}
    asof inner join {{ right }} on {{ time }} >= {{ right }}.{{ begun }}
{%- endmacro %}

{% macro spark__join_last_begun(right, time, begun) -%}
    inner join (
        select
            *,
            lead({{ begun }}, 1, timestamp '9999-12-31') over (order by {{ begun }}) as next_begun
        from {{ right }}
    ) as {{ right }} on {{ time }} >= {{ right }}.{{ begun }} and {{ time }} < {{ right }}.next_begun
{%- endmacro %}

{#- Every day from the first to the last, both included: the one place that makes rows out of nothing. -#}
{% macro days_between(first_day, last_day, relation) -%}
    {{ adapter.dispatch("days_between", "cca")(first_day, last_day, relation) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day, relation) -%}
    select cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date) as day
    from {{ relation }}
{%- endmacro %}

{% macro spark__days_between(first_day, last_day, relation) -%}
    select explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day)) as day
    from {{ relation }}
{%- endmacro %}

{#- The rows of a CSV file with a header, every column as text. -#}
{% macro rows_of_csv(path) -%}
    {{ adapter.dispatch("rows_of_csv", "cca")(path) }}
{%- endmacro %}

{% macro default__rows_of_csv(path) -%}
    {%- set quoted = "'" ~ (path | replace("'", "''")) ~ "'" -%}
    read_csv({{ quoted }}, header = true, all_varchar = true, delim = ',')
{%- endmacro %}

{% macro spark__rows_of_csv(path) -%}
    {{ exceptions.raise_compiler_error("PRICES_FILE is read by DuckDB only; unset it for Spark") }}
{%- endmacro %}

{#- How a model is built; DuckDB replaces its views and tables where they stand (dbt/materializations). -#}
{% macro in_place(materialization) -%}
    {{ return(adapter.dispatch("in_place", "cca")(materialization)) }}
{%- endmacro %}

{% macro default__in_place(materialization) -%}
    {{ return(materialization ~ "_in_place") }}
{%- endmacro %}

{% macro spark__in_place(materialization) -%}
    {{ return(materialization) }}
{%- endmacro %}
