{#- Every day from the first to the last, both included: the one place that makes rows out of nothing. -#}
{% macro days_between(first_day, last_day, relation) -%}
    select cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date) as day
    from {{ relation }}
{%- endmacro %}
