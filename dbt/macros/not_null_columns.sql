{#- The columns of a relation that a not_null constraint promises to be filled. -#}
{% macro not_null_columns(relation) -%}
    {%- set names = [] -%}
    {%- for node in (graph.nodes or {}).values() if node.relation_name == relation | string -%}
        {%- for column in node.columns.values() if column.constraints | selectattr("type", "equalto", "not_null") | list -%}
            {%- do names.append(column.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
