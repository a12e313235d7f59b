{#-
How dbt's persist_docs writes its comments, in one statement a model. Contracts make columns what their
descriptions say, so they are not read from the database first, as dbt-duckdb does twice.
-#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set relation_comment = for_relation and config.persist_relation_docs() and model.description -%}
    {%- set columns = model.columns.values() if for_columns and config.persist_column_docs() else [] -%}
    {%- if relation_comment or columns -%}
        {%- call statement("persist_docs") -%}
            {%- if relation_comment %}
                comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description | trim) }};
            {%- endif %}
            {%- for column in columns %}
                comment on column {{ relation }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
            {%- endfor %}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
