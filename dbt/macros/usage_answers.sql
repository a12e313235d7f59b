{#- Entries with an answer's usage. The text stands twice in stg_api_usage: rows that are read twice are kept first, those of every session. -#}
{% macro usage_answers(condition) -%}
select
    _id as document_id,
    coalesce(nullif(message_id, ''), nullif(uuid, ''), _id) as message_id,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    agent_id,
    request_id,
    model,
    -- A progress entry repeats a subagent's message.
    is_sidechain or coalesce(type = 'progress', false) as is_sidechain,
    'message' as usage_kind,
    coalesce(input_tokens, 0) as input_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    coalesce(cache_creation_tokens, 0) as cache_creation_tokens,
    coalesce(cache_write_5m_tokens, 0) as cache_write_5m_tokens,
    coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(cache_read_tokens, 0) as cache_read_tokens,
    coalesce(thinking_tokens, 0) as thinking_tokens,
    thinking_tokens is not null as is_thinking_known,
    coalesce(web_search_requests, 0) as web_search_requests,
    lower(coalesce(speed, '')) as speed,
    lower(coalesce(service_tier, '')) as service_tier,
    lower(coalesce(inference_geo, '')) as inference_geo,
    coalesce(is_usage_final, false) as is_usage_final,
    git_branch,
    version,
    entrypoint,
    skill,
    plugin,
    mcp_server,
    mcp_tool,
    agent_type,
    effort,
    coalesce(corrected_at, {{ in_utc('event_at') }}) as event_at
from {{ source('raw', 'conversations') }} as rows_taken
left join {{ ref('stg_corrected_times') }} as corrected on rows_taken._id = corrected.document_id
where
    rows_taken.has_usage
    and (rows_taken.role = 'assistant' or rows_taken.type in ('assistant', 'progress'))
    and coalesce(rows_taken.model, '') <> '<synthetic>'
    and {{ condition }}
{%- endmacro %}
