{#- Note how each node went with the newest load, and the load itself once every model went well and
    nothing that failed is left: publish promotes that one, whatever came since. The models may be
    built by one run or, after a failure, one after the other. The tables are not looked for: that
    would open a transaction which the end of the run rolls back. -#}
{% macro record_build(results) %}
    {{ adapter.dispatch("record_build", "cca")(results) }}
{% endmacro %}

{#- The pipeline does not publish Spark's marts, and its lake has no loads. -#}
{% macro spark__record_build(results) %}
{% endmacro %}

{% macro default__record_build(results) %}
    {%- if execute and results -%}
        {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
            | map(attribute="unique_id") | list -%}
        {#- exposures are a part of a build, and nothing to do -#}
        {%- set good = results | selectattr("status", "in", ["success", "pass", "warn", "no-op"])
            | map(attribute="node.unique_id") | list -%}
        {%- set nodes = results | map(attribute="node.unique_id") | list -%}
        delete from meta.built_nodes
        where
            load_seq < (select max(load_seq) from meta.loads)
            or node in ({{ quoted_list(nodes) }});
        insert into meta.built_nodes
        select load_seq, node, node in ({{ quoted_list(good or [""]) }})
        from (select max(load_seq) as load_seq from meta.loads having count(*) > 0)
        cross join (select unnest([{{ quoted_list(nodes) }}]) as node);
        insert into meta.builds
        select load_seq, now()
        from meta.built_nodes
        {# A test or a model that failed and was taken out of the project holds nothing back. #}
        where node in ({{ quoted_list(graph.nodes) }})
        group by load_seq
        having
            bool_and(is_good)
            and count(*) filter (where node in ({{ quoted_list(models) }})) = {{ models | length }}
    {%- endif -%}
{% endmacro %}

{% macro quoted_list(names) -%}
    '{{ names | join("', '") }}'
{%- endmacro %}
