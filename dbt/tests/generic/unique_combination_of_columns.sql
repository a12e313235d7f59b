{#- The columns together tell every row from every other, and none of them is null. -#}
{% test unique_combination_of_columns(model, combination_of_columns) %}
select
    {{ combination_of_columns | join(", ") }},
    count(*) as copies
from {{ model }}
group by {{ combination_of_columns | join(", ") }}
having count(*) > 1 or {{ combination_of_columns | join(" is null or ") }} is null
{% endtest %}
