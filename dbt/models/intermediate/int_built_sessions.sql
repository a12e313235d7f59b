-- Written when every table that is built by session has been: a run that breaks off before leaves
-- this as it was, and the next one builds those sessions again.
{% for name in [
    'int_session_origins', 'int_messages_enriched', 'int_tool_usage', 'int_api_messages',
    'int_prompts', 'int_session_beginnings', 'int_session_totals', 'int_subagents', 'int_session_outcomes',
    'int_message_prompts', 'int_pull_request_links', 'int_session_projects',
    'int_work', 'int_cache_breaks', 'int_context', 'int_priced_messages',
] -%}
-- depends_on: {{ ref(name) }}
{% endfor %}
with states as (
    select * from {{ ref('int_session_states') }}
)

select
    session_id,
    family_id,
    fingerprint
from states
where not is_gone
