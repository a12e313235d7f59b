{#-
Tables built by session hold nothing that another family of sessions could change, so a run builds
only the sessions of families in which something came, went or moved, and leaves the rest.
-#}
{% macro touched(session_id) -%}
    {%- set states = ref('int_session_states') -%}
    {%- if is_incremental() -%}
        {{ session_id }} in (select states.session_id from {{ states }} as states where states.is_touched)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
