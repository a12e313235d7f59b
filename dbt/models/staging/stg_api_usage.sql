with source as (
    select * from {{ source('raw', 'conversations') }}
    where
        has_usage
        and (role = 'assistant' or type in ('assistant', 'progress'))
        and coalesce(model, '') <> '<synthetic>'
),

answers as (
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
        input_tokens,
        output_tokens,
        cache_creation_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_read_tokens,
        thinking_tokens,
        web_search_requests,
        speed,
        service_tier,
        inference_geo,
        is_usage_final,
        {{ in_utc('event_at') }} as event_at,
        further_usage_json
    from source
),

told as (
    select
        answers.*,
        {{ each_object('further_usage_json', [
            ('kind', 'string'), ('number', 'bigint'), ('model', 'string'), ('input_tokens', 'bigint'),
            ('output_tokens', 'bigint'), ('cache_creation_tokens', 'bigint'), ('cache_write_5m_tokens', 'bigint'),
            ('cache_write_1h_tokens', 'bigint'), ('cache_read_tokens', 'bigint'), ('thinking_tokens', 'bigint'),
            ('web_search_requests', 'bigint'), ('service_tier', 'string'), ('speed', 'string'),
            ('inference_geo', 'string'),
        ]) }} as further
    from answers
    where further_usage_json is not null
),

-- An advisor, or a compaction, answers beside the message: its tokens stand in none of its totals.
further_answers as (
    select
        document_id,
        message_id || ':' || further.kind || ':' || further.number as message_id,
        session_id,
        project_id,
        host,
        stream,
        generation,
        source_offset,
        agent_id,
        request_id,
        further.model as model,
        is_sidechain,
        further.kind as usage_kind,
        further.input_tokens as input_tokens,
        further.output_tokens as output_tokens,
        further.cache_creation_tokens as cache_creation_tokens,
        further.cache_write_5m_tokens as cache_write_5m_tokens,
        further.cache_write_1h_tokens as cache_write_1h_tokens,
        further.cache_read_tokens as cache_read_tokens,
        further.thinking_tokens as thinking_tokens,
        further.web_search_requests as web_search_requests,
        further.speed as speed,
        further.service_tier as service_tier,
        further.inference_geo as inference_geo,
        true as is_usage_final,
        event_at,
        further_usage_json
    from told
),

billed as (
    select * from answers
    union all
    select * from further_answers
)

select
    document_id,
    message_id,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    agent_id,
    request_id,
    model,
    is_sidechain,
    usage_kind,
    coalesce(input_tokens, 0) as input_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    coalesce(cache_creation_tokens, 0) as cache_creation_tokens,
    coalesce(cache_write_5m_tokens, 0) as cache_write_5m_tokens,
    coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(cache_read_tokens, 0) as cache_read_tokens,
    coalesce(thinking_tokens, 0) as thinking_tokens,
    coalesce(web_search_requests, 0) as web_search_requests,
    coalesce(speed, '') as speed,
    coalesce(service_tier, '') as service_tier,
    coalesce(inference_geo, '') as inference_geo,
    coalesce(is_usage_final, false) as is_usage_final,
    event_at
from billed
