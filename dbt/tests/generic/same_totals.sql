{#- An aggregate loses and doubles nothing: the totals of each measure equal the fact's. -#}
{% test same_totals(model, fact, measures) %}
with aggregate as (
    select {% for ours in measures %}coalesce(sum({{ ours }}), 0) as {{ ours }}{{ ", " if not loop.last }}{% endfor %}
    from {{ model }}
),

facts as (
    select {% for ours, theirs in measures.items() %}coalesce(sum({{ theirs }}), 0) as {{ ours }}{{ ", " if not loop.last }}{% endfor %}
    from {{ fact }}
)

select aggregate.*
from aggregate
cross join facts
where {% for ours in measures %}aggregate.{{ ours }} <> facts.{{ ours }}{{ " or " if not loop.last }}{% endfor %}
{% endtest %}
