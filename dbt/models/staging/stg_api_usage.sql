with answers as (
    {{ usage_answers('true') }}
),

-- Few answers have more than their own usage.
answers_with_further as (
    {{ usage_answers('rows_taken.further_usage_json is not null') }}
),

further as (
    select * from {{ ref('stg_further_usage') }}
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
    from answers_with_further as answers
    inner join further on answers.document_id = further.document_id
)

select * from answers
union all
select * from further_answers
