with corrected as (
    select * from {{ ref('stg_corrected_times') }}
),

source as (
    select
        rows_taken.*,
        corrected.corrected_at
    from {{ source('raw', 'conversations') }} as rows_taken
    left join corrected on rows_taken._id = corrected.document_id
    where
        rows_taken.has_usage
        and (rows_taken.role = 'assistant' or rows_taken.type in ('assistant', 'progress'))
        and coalesce(rows_taken.model, '') <> '<synthetic>'
),

further as (
    select * from {{ ref('stg_further_usage') }}
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
    from source
),

-- An advisor, or a compaction, answers beside the message: its tokens stand in none of its totals.
further_answers as (
    select
        answers.document_id,
        answers.message_id || ':' || further.usage_kind || ':' || further.usage_number as message_id,
        answers.session_id,
        answers.project_id,
        answers.host,
        answers.stream,
        answers.generation,
        answers.source_offset,
        answers.agent_id,
        answers.request_id,
        further.model,
        answers.is_sidechain,
        further.usage_kind,
        further.input_tokens,
        further.output_tokens,
        further.cache_creation_tokens,
        further.cache_write_5m_tokens,
        further.cache_write_1h_tokens,
        further.cache_read_tokens,
        further.thinking_tokens,
        false as is_thinking_known,
        further.web_search_requests,
        further.speed,
        further.service_tier,
        further.inference_geo,
        true as is_usage_final,
        answers.git_branch,
        answers.version,
        answers.entrypoint,
        answers.skill,
        answers.plugin,
        answers.mcp_server,
        answers.mcp_tool,
        answers.agent_type,
        answers.effort,
        answers.event_at
    from answers
    inner join further on answers.document_id = further.document_id
)

select * from answers
union all
select * from further_answers
