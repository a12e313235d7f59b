{#-
Usage windows: one begins at the full hour of its first message and takes in what comes up to
`length` hours later; the next message begins another. All stretches advance together.
-#}
{% macro blocks_of_hours(stretches, length) -%}
    with recursive chain as (
        select
            stretch,
            min(first_at) as first_at
        from {{ stretches }}
        group by stretch
        union all
        select
            chain.stretch,
            min({{ stretches }}.first_at) as first_at
        from chain
        inner join {{ stretches }}
            on
                chain.stretch = {{ stretches }}.stretch
                and {{ stretches }}.until_hour > date_trunc('hour', chain.first_at) + interval {{ length }} hour
        group by chain.stretch
    )

    select
        first_at,
        date_trunc('hour', first_at) as block_start
    from chain
{%- endmacro %}
