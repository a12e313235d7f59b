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
