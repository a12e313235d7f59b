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
The value of a group's first row, in the ascending order of some expressions. A window would sort all rows
and carry every column of theirs.
-#}
{% macro first_by(value, order) -%}
    {{ adapter.dispatch("first_by", "cca")(value, order) }}
{%- endmacro %}

{% macro default__first_by(value, order) -%}
    min_by({{ value }}, row({{ order | join(", ") }}))
{%- endmacro %}

{% macro spark__first_by(value, order) -%}
    min_by({{ value }}, struct({{ order | join(", ") }}))
{%- endmacro %}
