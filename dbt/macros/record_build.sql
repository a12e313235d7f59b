{#- Note which load the marts are made from: publish promotes that one, whatever came since.
    Only a build of every model counts, and only one in which nothing failed. The table is not
    looked for: that would open a transaction which the end of the run rolls back. -#}
{% macro record_build(results) %}
    {{ adapter.dispatch("record_build", "cca")(results) }}
{% endmacro %}

{#- The pipeline does not publish Spark's marts, and its lake has no loads. -#}
{% macro spark__record_build(results) %}
{% endmacro %}

{% macro default__record_build(results) %}
    {%- if execute -%}
        {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
            | map(attribute="unique_id") | list -%}
        {#- exposures are a part of a build, and nothing to do -#}
        {%- set done = results
            | selectattr("status", "in", ["success", "pass", "warn", "no-op"]) | list -%}
        {%- set built = done | map(attribute="node.unique_id") | list -%}
        {%- set missing = models | reject("in", built) | list -%}
        {%- if not missing and done | length == results | length -%}
            insert into meta.builds
            select max(load_seq), now() from meta.loads having count(*) > 0
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
