-- A WebSearch call's result, a row of its own without usage, counts the searches it made.
with search_results as (
    select
        blocks.tool_use_id,
        max(entries.web_search_requests) as web_search_requests
    from {{ ref('stg_conversations') }} as entries
    inner join {{ ref('stg_tool_calls') }} as blocks on entries.document_id = blocks.document_id
    where
        entries.web_search_requests > 0
        and not entries.has_usage
        and blocks.is_result
        and {{ touched('entries.session_id') }}
    group by blocks.tool_use_id
),

client_searches as (
    select
        calls.message_id,
        cast(sum(search_results.web_search_requests) as bigint) as web_search_requests
    from search_results
    inner join {{ ref('int_tool_usage') }} as calls on search_results.tool_use_id = calls.tool_use_id
    group by calls.message_id
),

claims as (
    select
        origins.session_id,
        row_number() over (order by {{ had_first('origins') }}) as place
    from {{ ref('int_session_origins') }} as origins
    where {{ touched('origins.session_id') }}
),

usage_rows as (
    select
        answers.*,
        claims.place
    from {{ ref('stg_api_usage') }} as answers
    inner join claims on answers.session_id = claims.session_id
    where {{ touched('answers.session_id') }}
),

-- Early rows of a message hold partial counts and copies repeat them: the largest is the truth.
merged as (
    select
        message_id,
        {%- for name in [
            'input_tokens', 'output_tokens', 'cache_write_1h_tokens', 'cache_read_tokens', 'thinking_tokens',
            'web_search_requests', 'inference_geo', 'usage_kind', 'skill', 'plugin', 'agent_type', 'effort',
        ] %}
            max({{ name }}) as {{ name }},
        {%- endfor %}
        -- Where the split falls short of the total, the rest was written for five minutes.
        greatest(
            max(cache_write_5m_tokens), max(cache_creation_tokens) - max(cache_write_1h_tokens)
        ) as cache_write_5m_tokens,
        bool_or(is_thinking_known) as is_thinking_known,
        max(model) as any_model,
        min_by(mcp_server, mcp_server || ' ' || coalesce(mcp_tool, '')) as mcp_server,
        min_by(coalesce(mcp_tool, ''), mcp_server || ' ' || coalesce(mcp_tool, '')) as mcp_tool,
        bool_or(speed = 'fast' or {{ is_fast_model('model') }}) as is_fast,
        -- Nobody sells fast mode in a batch.
        bool_or({{ has_unknown_factor() }})
        or (bool_or(speed = 'fast' or {{ is_fast_model('model') }}) and bool_or(service_tier = 'batch'))
            as has_unknown_factor,
        bool_or(service_tier = 'batch') as is_batch,
        bool_or(is_usage_final) as is_usage_final,
        {{ first_by("document_id", [
            "is_sidechain", "place", "event_at", "stream", "generation", "source_offset",
        ]) }} as document_id,
        count(*) as usage_rows,
        count(distinct session_id) as sessions
    from usage_rows
    group by message_id
)

select
    merged.message_id,
    firsts.session_id,
    firsts.project_id,
    firsts.host,
    firsts.agent_id,
    coalesce(firsts.model, merged.any_model) as model,
    firsts.is_sidechain,
    firsts.event_at,
    {{ report_day('firsts.event_at') }} as day,
    {{ report_hour('firsts.event_at') }} as hour_at,
    merged.input_tokens,
    merged.output_tokens,
    merged.cache_write_5m_tokens,
    merged.cache_write_1h_tokens,
    merged.cache_read_tokens,
    merged.thinking_tokens,
    merged.is_thinking_known,
    merged.web_search_requests + coalesce(client_searches.web_search_requests, 0) as web_search_requests,
    merged.input_tokens + merged.cache_write_5m_tokens + merged.cache_write_1h_tokens
    + merged.cache_read_tokens as prompt_tokens,
    case
        when merged.is_batch then 'batch'
        when merged.is_fast then 'fast'
        else 'standard'
    end as price_variant,
    merged.usage_kind,
    firsts.git_branch,
    firsts.version,
    firsts.entrypoint,
    merged.skill,
    merged.plugin,
    merged.mcp_server,
    nullif(merged.mcp_tool, '') as mcp_tool,
    merged.agent_type,
    merged.effort,
    merged.inference_geo,
    merged.has_unknown_factor,
    merged.is_usage_final,
    merged.usage_rows,
    merged.sessions
from merged
inner join usage_rows as firsts
    on merged.message_id = firsts.message_id and merged.document_id = firsts.document_id
left join client_searches on merged.message_id = client_searches.message_id
