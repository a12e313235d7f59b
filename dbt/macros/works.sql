{#-
Work is what Claude does for one prompt, or in one run of a subagent. Its key, of an entry: a prompt's is
its number in the session, a subagent's is its id.
-#}
{% macro work_id() -%}
    case
        when is_sidechain then session_id || '/' || coalesce(agent_id, 'subagent')
        else session_id || ':' || coalesce(turn_number, 0)
    end
{%- endmacro %}
