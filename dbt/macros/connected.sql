{#- Every node of the given pairs with the smallest node that a chain of pairs leads to. -#}
{% macro connected(pairs, node, other) -%}
    select
        {{ node }},
        min(reached) as family_id
    from (
        with recursive chain as (
            select {{ node }}, {{ node }} as reached from {{ pairs }}
            union
            select chain.{{ node }}, {{ pairs }}.{{ other }} as reached
            from chain
            inner join {{ pairs }} on chain.reached = {{ pairs }}.{{ node }}
        )

        select * from chain
    )
    group by {{ node }}
{%- endmacro %}

{#-
A value of each node of a session: its own, else the smallest of those that it comes from. Spark knows no
recursion that drops the rows it has seen, so nodes that come from each other end at a depth no real one has.
-#}
{% macro inherited(nodes, node, parent, value, deepest=50) -%}
    select
        session_id,
        {{ node }},
        min({{ value }}) as {{ value }}
    from (
        with recursive chain as (
            select session_id, {{ node }}, {{ value }}, 1 as depth from {{ nodes }} where {{ value }} is not null
            union all
            select {{ nodes }}.session_id, {{ nodes }}.{{ node }}, chain.{{ value }}, chain.depth + 1 as depth
            from chain
            inner join {{ nodes }}
                on chain.session_id = {{ nodes }}.session_id and chain.{{ node }} = {{ nodes }}.{{ parent }}
            where chain.depth < {{ deepest }}
        )

        select * from chain
    )
    group by session_id, {{ node }}
{%- endmacro %}
