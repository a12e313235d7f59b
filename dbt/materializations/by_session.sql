{#-
The incremental strategy `by_session`: in one transaction, what touched sessions had is deleted and what
they have is inserted. A model that uses it filters its rows with `touched('session_id')`. One with a
`unique_key` may add rows of other sessions, which replace those of the same key.
-#}
{% macro get_incremental_by_session_sql(arg_dict) -%}
    {%- set target, columns = arg_dict["target_relation"], get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
    {%- set key = arg_dict["unique_key"] %}
    delete from {{ target }} where {{ touched("session_id") }};
    {%- if key %}
        delete from {{ target }} where {{ key }} in (select {{ key }} from {{ arg_dict["temp_relation"] }});
    {%- endif %}
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }}
{%- endmacro %}

{#-
A post-hook of int_session_states. Until all tables are built, nobody knows which of them hold a
touched session's new rows. Without a fingerprint it counts as changed, so that a run after one that
broke off builds it again, even where its rows are by then what they were before.
-#}
{% macro note_building() -%}
    {{ adapter.dispatch("note_building", "cca")() }}
{%- endmacro %}

{#- Spark builds everything whole. -#}
{% macro spark__note_building() -%}{%- endmacro %}

{% macro default__note_building() -%}
    {%- set built = load_relation(this.incorporate(path={"identifier": "int_built_sessions"})) -%}
    {%- if built %}
        update {{ built }} set fingerprint = null
        where session_id in (select session_id from {{ this }} where is_touched);
        insert into {{ built }} (session_id, family_id)
        select
            session_id,
            family_id
        from {{ this }}
        where is_touched and not is_gone and session_id not in (select session_id from {{ built }})
    {%- endif -%}
{%- endmacro %}

{#-
A post-hook of int_session_states. Where every session is touched, as in a first build and after a change
of the SQL, prices or TIMEZONE, nothing of the old tables stays: without them, dbt builds new ones, which takes
half the time and asks for no change of their columns. int_built_sessions goes too, so that a run after one
that broke off builds every session again. Each table is dropped whether it is there or not: so all such
builds run the same statements (include/transform/recording.py).
-#}
{% macro drop_tables_by_session() -%}
    {%- if execute -%}
        {%- set nodes = graph.nodes.values()
            | selectattr("config.materialized", "equalto", "incremental")
            | selectattr("config.incremental_strategy", "equalto", "by_session")
            | selectattr("unique_id", "in", selected_resources) | list -%}
        {%- set question = "select coalesce(bool_and(is_touched), true) from " ~ this -%}
        {%- if nodes and run_query(question).columns[0].values()[0] -%}
            {%- set built = this.incorporate(path={"identifier": "int_built_sessions"}) -%}
            {%- do drop_table_if_exists(built) -%}
            {%- for node in nodes -%}
                {%- set path = {"database": node.database, "schema": node.schema, "identifier": node.alias} -%}
                {%- do drop_table_if_exists(this.incorporate(path=path)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro drop_table_if_exists(relation) -%}
    {%- do run_query("drop table if exists " ~ relation) -%}
    {#- dbt forgets the relation only where it drops it itself. -#}
    {%- set existing_relation = load_cached_relation(relation) -%}
    {%- do adapter.drop_relation(existing_relation) if existing_relation -%}
{%- endmacro %}
