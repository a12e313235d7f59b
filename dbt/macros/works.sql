{#-
Work is what Claude does for one prompt, or in one run of a subagent. Its key, for entries: a prompt's is
its number in the session, a subagent's is its id.
-#}
{% macro work_of(entries) -%}
    case
        when {{ entries }}.is_sidechain then {{ entries }}.session_id || '/' || coalesce({{ entries }}.agent_id, 'subagent')
        else {{ entries }}.session_id || ':' || coalesce({{ entries }}.turn_number, 0)
    end
{%- endmacro %}
