{#- Note which load the marts are made from: publish promotes that one, whatever came since.
    Only a build of every model counts, and only one in which nothing failed. -#}
{% macro record_build(results) %}
    {%- if execute -%}
        {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
            | map(attribute="unique_id") | list -%}
        {%- set done = results | selectattr("status", "in", ["success", "pass", "warn"]) | list -%}
        {%- set built = done | map(attribute="node.unique_id") | list -%}
        {%- set missing = models | reject("in", built) | list -%}
        {%- set builds = adapter.get_relation(target.database, "raw", "builds") -%}
        {%- if builds and not missing and done | length == results | length -%}
            insert into {{ builds }} select max(load_seq), now() from raw.loads having count(*) > 0
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
