{#- An aggregate loses and doubles nothing: the total of each measure equals the fact's. -#}
{% test same_totals(model, fact, measures) %}
with aggregate as (
    select {% for ours in measures %}coalesce(sum({{ ours }}), 0) as measure_{{ loop.index }}{{ ", " if not loop.last }}{% endfor %}
    from {{ model }}
),

facts as (
    select {% for theirs in measures.values() %}coalesce(sum({{ theirs }}), 0) as measure_{{ loop.index }}{{ ", " if not loop.last }}{% endfor %}
    from {{ fact }}
)

select aggregate.*
from aggregate
cross join facts
where {% for ours in measures %}aggregate.measure_{{ loop.index }} <> facts.measure_{{ loop.index }}{{ " or " if not loop.last }}{% endfor %}
{% endtest %}
