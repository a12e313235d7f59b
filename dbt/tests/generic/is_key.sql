{#- The columns tell every row from every other, and none of them is null. -#}
{% test is_key(model, column_name=none, columns=none) %}
{%- set key = columns or [column_name] %}
select
    {{ key | join(", ") }},
    count(*) as copies
from {{ model }}
group by {{ key | join(", ") }}
having count(*) > 1 or {{ key | join(" is null or ") }} is null
{% endtest %}
