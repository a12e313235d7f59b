{#-
Usage windows: one begins at the full hour of its first message and takes in what comes up to
`length` hours later; the next message begins another. In a stretch no pause is longer than that,
so the next begins within two lengths.
-#}
{% macro blocks_of_hours(stretches, length) -%}
    with recursive followed as (
        select
            hours.stretch,
            hours.first_at,
            min(later.first_at) as next_at
        from {{ stretches }} as hours
        left join {{ stretches }} as later
            on
                hours.stretch = later.stretch
                and later.until_hour > date_trunc('hour', hours.first_at) + interval {{ length }} hour
                and later.until_hour <= date_trunc('hour', hours.first_at) + interval {{ 2 * length + 1 }} hour
        group by hours.stretch, hours.first_at
    ),

    chain as (
        select
            stretch,
            min(first_at) as first_at
        from {{ stretches }}
        group by stretch
        union all
        select
            followed.stretch,
            followed.next_at as first_at
        from chain
        inner join followed on chain.first_at = followed.first_at and chain.stretch = followed.stretch
        where followed.next_at is not null
    )

    select
        first_at,
        date_trunc('hour', first_at) as block_start
    from chain
{%- endmacro %}
