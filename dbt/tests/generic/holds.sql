{#- Fails on every row for which the statement is not true. -#}
{% test holds(model, statement) %}
select *
from {{ model }}
where not coalesce(({{ statement }}), false)
{% endtest %}
