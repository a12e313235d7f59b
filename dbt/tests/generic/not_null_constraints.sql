{#- The not_null constraints of a view hold; DuckDB enforces those of a table when dbt builds it. -#}
{% test not_null_constraints(model) %}
select *
from {{ model }}
where {{ not_null_columns(model) | join(" is null or ") or "false" }} is null
{% endtest %}
