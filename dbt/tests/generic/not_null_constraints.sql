{#- The not_null constraints of a view hold; DuckDB enforces those of a table when dbt builds it. -#}
{% test not_null_constraints(model) %}
{%- set missing = [] -%}
{%- for node in (graph.nodes or {}).values() if node.relation_name == model | string -%}
    {%- for column in node.columns.values() if column.constraints | selectattr("type", "equalto", "not_null") | list -%}
        {%- do missing.append(column.name ~ " is null") -%}
    {%- endfor -%}
{%- endfor %}
select *
from {{ model }}
where {{ missing | join(" or ") }}
{% endtest %}
