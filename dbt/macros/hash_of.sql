{% macro hash_of(column) -%}
    hash({{ column }})
{%- endmacro %}
