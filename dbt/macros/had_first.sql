{#-
Attribution order for shared entries: the session whose own entries began first comes first. A session
whose entries all exist elsewhere too is the original.
-#}
{% macro had_first(origins) -%}
    {{ origins }}.own_started_at asc nulls first, {{ origins }}.last_written_at asc nulls first, {{ origins }}.session_id asc
{%- endmacro %}
