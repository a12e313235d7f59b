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

{#- A value of each node of a session: its own, else the smallest of those that it comes from. -#}
{% macro inherited(nodes, node, parent, value) -%}
    select
        session_id,
        {{ node }},
        min({{ value }}) as {{ value }}
    from (
        with recursive chain as (
            select session_id, {{ node }}, {{ value }} from {{ nodes }} where {{ value }} is not null
            union
            select {{ nodes }}.session_id, {{ nodes }}.{{ node }}, chain.{{ value }}
            from chain
            inner join {{ nodes }}
                on chain.session_id = {{ nodes }}.session_id and chain.{{ node }} = {{ nodes }}.{{ parent }}
        )

        select * from chain
    )
    group by session_id, {{ node }}
{%- endmacro %}
