{#-
Views and tables that are replaced where they stand. DuckDB changes tables in transactions, and no view
of it depends on another relation; dbt's own `view` and `table` build the new one aside, rename twice
and drop the old one, which takes a fifth more of a pipeline's build (decision 21).
-#}
{% materialization view_in_place, adapter="duckdb" %}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {{ make_room("view") }}
        {{ get_create_view_as_sql(target_relation, sql) | replace("create view", "create or replace view", 1) }}
    {%- endcall %}
    {{ finish_in_place(target_relation) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% materialization table_in_place, adapter="duckdb" %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {{ make_room("table") }}
        {{ get_create_table_as_sql(False, target_relation, sql) }}
    {%- endcall %}
    {{ finish_in_place(target_relation) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#-
Drop what stands under the model's name. A table is dropped whether it is there or not: so the first
build runs the same statements as a later full refresh (include/transform/recording.py).
-#}
{% macro make_room(for_type) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- if existing_relation and existing_relation.type != for_type -%}
        drop {{ existing_relation.type }} {{ this }};
    {%- endif -%}
    {%- if for_type == "table" %}
        drop table if exists {{ this }};
    {%- endif -%}
{%- endmacro %}

{% macro finish_in_place(relation) %}
    {% do create_indexes(relation) if relation.type == "table" %}
    {% do persist_docs(relation, model) %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
{% endmacro %}
