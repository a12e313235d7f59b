{#-
Whether a person asked: the entry says so itself where it can (promptSource, origin), and older
entries are known by what they are not. Subagents' prompts come from the model.
-#}
{% macro is_human_prompt() -%}
    {%- set not_typed = [
        "<command-name>", "<local-command-(?:stdout|stderr|caveat)>", "<bash-(?:input|stdout|stderr)>",
        "<task-notification>", "\\[Request interrupted", "Caveat:", "This session is being continued",
    ] -%}
    case
        when is_sidechain or is_meta or is_compact_summary or has_tool_result then false
        when is_queued_prompt then true
        when role is null or role <> 'user' then false
        when origin_kind is not null then origin_kind = 'human'
        when prompt_source is not null then prompt_source <> 'system'
        when typed_text = '' then has_attachment
        else not {{ matches("typed_text", "'^(?:" ~ not_typed | join("|") ~ ")'") }}
    end
{%- endmacro %}
