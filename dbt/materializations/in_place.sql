{#-
Views and tables that are replaced where they stand. DuckDB changes tables in transactions, and no view
of it depends on another relation; dbt's own `view` and `table` build the new one aside, rename twice
and drop the old one, which takes a fifth more of a pipeline's build (decision 21).
-#}
{% materialization view_in_place, adapter="duckdb" %}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {{ drop_unless(target_relation) }}
        {{ get_create_view_as_sql(target_relation, sql) | replace("create view", "create or replace view", 1) }}
    {%- endcall %}
    {{ finish_in_place(target_relation) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% materialization table_in_place, adapter="duckdb" %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {{ drop_unless(none) }}
        {{ get_create_table_as_sql(False, target_relation, sql) }}
    {%- endcall %}
    {{ finish_in_place(target_relation) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#- What stands under the model's name, unless it is of the type that can be replaced. -#}
{% macro drop_unless(replaceable) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- if existing_relation and (replaceable is none or existing_relation.type != replaceable.type) -%}
        drop {{ existing_relation.type }} {{ this }};
    {%- endif -%}
{%- endmacro %}

{% macro finish_in_place(relation) %}
    {% do create_indexes(relation) if relation.type == "table" %}
    {% do persist_docs(relation, model) %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
{% endmacro %}
