{#-
Order in which sessions claim what they share: by when their own entries began. A session whose
every entry was copied on is the one that was copied: it comes first.
-#}
{% macro had_first(origins) -%}
    {{ origins }}.own_started_at asc nulls first, {{ origins }}.last_written_at asc nulls first, {{ origins }}.session_id asc
{%- endmacro %}
