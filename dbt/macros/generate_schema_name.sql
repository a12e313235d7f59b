{#- Schemas are named exactly as configured: no target prefix, so gold keeps the name `marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
