{#-
DuckDB changes tables in transactions and no view of it depends on another relation, so a model is
replaced where it stands; dbt's own way builds it aside, renames twice and drops what was there.
-#}
{% materialization view, adapter="duckdb" %}
    {%- set target = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {{ drop_unless("view") }}
        {{ create_view_as(target, compiled_code) | replace("create view", "create or replace view", 1) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% materialization table, adapter="duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {{ drop_unless("nothing") }}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#-
Built by session: what touched sessions had goes in the transaction that brings what they have.
After a change of rules every session is touched, and the columns may be others: then all goes.
-#}
{% materialization incremental, adapter="duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {%- set rules = env_var("CCA_SQL_DIGEST", "") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        {%- if is_incremental() and built_by_rules() == rules %}
            delete from {{ this }} where {{ touched("session_id") }};
            insert into {{ this }} by name ({{ compiled_code }})
        {%- else %}
            {{ drop_unless("nothing") }}
            {{ create_table_as(False, target, compiled_code) }};
            comment on table {{ this }} is '{{ rules }}'
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#- What stands under the model's name, unless it is of the kind that can be replaced. -#}
{% macro drop_unless(kind) -%}
    {%- set standing = load_cached_relation(this) -%}
    {%- if standing and standing.type != kind -%}
        drop {{ standing.type }} {{ this }};
    {%- endif -%}
{%- endmacro %}

{% macro built_by_rules() -%}
    {%- set found = run_query(
        "select comment from duckdb_tables() where schema_name = '" ~ this.schema
        ~ "' and table_name = '" ~ this.identifier ~ "' and database_name = '" ~ this.database ~ "'"
    ) -%}
    {{ return(found.columns[0].values()[0] if found | length else none) }}
{%- endmacro %}
