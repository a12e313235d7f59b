with source as (
    select * from {{ source('raw', 'conversations') }}
)

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
    coalesce(input_tokens, 0) as input_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    coalesce(cache_creation_tokens, 0) as cache_creation_tokens,
    -- Stays null where the row has no split, so that the total can stand in for it.
    cache_write_5m_tokens,
    coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(cache_read_tokens, 0) as cache_read_tokens,
    coalesce(thinking_tokens, 0) as thinking_tokens,
    coalesce(web_search_requests, 0) as web_search_requests,
    coalesce(speed, '') as speed,
    coalesce(service_tier, '') as service_tier,
    coalesce(is_usage_final, false) as is_usage_final,
    {{ in_utc('event_at') }} as event_at
from source
where
    has_usage
    and (role = 'assistant' or type in ('assistant', 'progress'))
    and coalesce(model, '') <> '<synthetic>'
