{#- Whether a branch is one that a pull request is made of, not the one that all come back to. -#}
{% macro is_own_branch(column) -%}
    coalesce({{ column }}, '') not in ('', 'HEAD', 'main', 'master', 'trunk', 'develop')
{%- endmacro %}

{#- Where a pull request's work is looked for: its branch, or the session where that tells nothing. -#}
{% macro pull_request_scope(repository, git_branch, session_id) -%}
    case
        when {{ is_own_branch(git_branch) }} then 'branch ' || {{ repository }} || ' ' || {{ git_branch }}
        else 'session ' || {{ session_id }}
    end
{%- endmacro %}

{#- Whether a response belongs to the pull request of a span; projects are those of its session. -#}
{% macro in_span(responses, sent_at) -%}
    {{ pull_request_scope('projects.repository', responses ~ '.git_branch', responses ~ '.session_id') }} = spans.scope
    and {{ sent_at }} > spans.after_at
    and {{ sent_at }} <= spans.until_at
{%- endmacro %}

{#-
Responses that a build of few sessions places anew: a session's link, or its end, moves work of others to
another pull request, or to none. A build of all has none of them.
-#}
{% macro moved_responses(priced) -%}
    {%- if is_incremental() -%}
        select responses.message_id
        from {{ priced }} as responses
        left join projects on responses.session_id = projects.session_id
        left join spans on {{ in_span('responses', 'responses.sent_at') }}
        where responses.pull_request is distinct from spans.pull_request
    {%- else -%}
        select cast(null as string) as message_id where false
    {%- endif -%}
{%- endmacro %}
