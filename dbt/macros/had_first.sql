{#-
Order in which sessions claim what they share: those that say they are forks come last, the others by
when they are known to have been there. A session whose every entry was copied on is the one that was
copied: it comes first.
-#}
{% macro had_first(origins) -%}
    {{ origins }}.is_fork asc, {{ origins }}.known_since asc nulls first,
    {{ origins }}.last_written_at asc nulls first, {{ origins }}.session_id asc
{%- endmacro %}

{#-
The value of a group's first row, or of its last one, by the order of some expressions; rows without a value
are passed over. A window would sort all rows and carry every column of theirs.
-#}
{% macro first_by(value, order) -%}
    min_by({{ value }}, {{ struct_of(order) }})
{%- endmacro %}

{% macro last_by(value, order) -%}
    max_by({{ value }}, {{ struct_of(order) }})
{%- endmacro %}

{% macro struct_of(values) -%}
    {{ adapter.dispatch("struct_of", "cca")(values) }}
{%- endmacro %}

{% macro default__struct_of(values) -%}
    row({{ values | join(", ") }})
{%- endmacro %}

{% macro spark__struct_of(values) -%}
    struct({{ values | join(", ") }})
{%- endmacro %}
