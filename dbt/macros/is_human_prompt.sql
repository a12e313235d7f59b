{#-
Whether a person asked: the entry says so itself where it can (promptSource, origin), and older
entries are known by what they are not. Subagents' prompts come from the model.
-#}
{% macro is_human_prompt() -%}
    case
        when is_sidechain or is_meta or is_compact_summary or has_tool_result then false
        when is_queued_prompt then true
        when role is null or role <> 'user' then false
        when origin_kind is not null then origin_kind = 'human'
        when prompt_source is not null then prompt_source <> 'system'
        when typed_text = '' then has_attachment
        else not (
            {%- for opening in [
                '<command-name>', '<local-command-stdout>', '<local-command-caveat>', '<bash-input>',
                '<bash-stdout>', '<bash-stderr>', '<task-notification>', '[Request interrupted',
                'Caveat:', 'This session is being continued',
            ] %}
            starts_with(typed_text, '{{ opening }}'){{ " or" if not loop.last }}
            {%- endfor %}
        )
    end
{%- endmacro %}
