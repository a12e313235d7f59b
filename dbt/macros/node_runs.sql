{#- How the nodes of each build went: the warehouse keeps that of its own builds. -#}
{% macro node_runs() -%}
    {{ adapter.dispatch("node_runs", "cca")() }}
{%- endmacro %}

{% macro default__node_runs() -%}
    select * from {{ source('meta', 'node_runs') }}
{%- endmacro %}

{#- Spark has no such warehouse. -#}
{% macro spark__node_runs() -%}
    select
        cast(null as timestamp) as began_at,
        cast(null as bigint) as load_seq,
        cast(null as boolean) as is_repeated,
        cast(null as string) as node,
        cast(null as string) as kind,
        cast(null as string) as status,
        cast(null as double) as seconds,
        cast(null as bigint) as row_count,
        cast(null as bigint) as failures
    where false
{%- endmacro %}
