{#- Responses in their threads, each with what the one before it left. Copies in forks are rows of the fork too: its first own response follows one that it copied. -#}
{% macro followed_responses() -%}
with responses as (
    select
        session_id,
        coalesce(agent_id, '') as thread,
        message_id,
        min(document_id) as document_id,
        min(event_at) as event_at,
        min(source_offset) as source_offset,
        max(model) as model,
        max(version) as version,
        max(effort) as effort,
        max(input_tokens) as input_tokens,
        max(cache_read_tokens) as read_tokens,
        greatest(max(cache_write_5m_tokens), max(cache_creation_tokens) - max(cache_write_1h_tokens))
            as write_5m_tokens,
        max(cache_write_1h_tokens) as write_1h_tokens
    from {{ ref('stg_api_usage') }}
    where
        usage_kind = 'message'
        -- The oldest logs mix the entries of subagents into one file and do not tell them apart.
        and (agent_id is not null or not is_sidechain)
        and {{ touched('session_id') }}
    group by session_id, coalesce(agent_id, ''), message_id
),

owners as (
    select
        message_id,
        session_id,
        coalesce(agent_id, '') as thread
    from {{ ref('int_api_messages') }}
    where {{ touched('session_id') }}
),

entries as (
    select
        session_id,
        coalesce(agent_id, '') as thread,
        event_at,
        source_offset,
        coalesce(subtype in ('compact_boundary', 'microcompact_boundary'), false) as is_compaction,
        -- What changes the tools or the system prompt, by its name.
        coalesce(command_name in ('mcp', 'plugin', 'reload-plugins', 'output-style', 'fast'), false)
        or coalesce(subtype in (
            'deferred_tools_delta', 'mcp_instructions_delta', 'agent_listing_delta', 'output_style'
        ), false) as is_change
    from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
),

in_order as (
    select
        session_id,
        thread,
        message_id,
        event_at,
        source_offset,
        0 as compactions,
        0 as changes
    from responses
    union all
    select
        session_id,
        thread,
        cast(null as string) as message_id,
        event_at,
        source_offset,
        cast(is_compaction as integer) as compactions,
        cast(is_change as integer) as changes
    from entries
    where is_compaction or is_change
),

counted as (
    select
        session_id,
        thread,
        message_id,
        sum(compactions) over in_thread as compactions,
        sum(changes) over in_thread as changes
    from in_order
    window in_thread as (
        partition by session_id, thread order by event_at, source_offset, message_id
        rows between unbounded preceding and current row
    )
),

known as (
    select
        responses.*,
        responses.read_tokens + responses.write_5m_tokens + responses.write_1h_tokens as cacheable_tokens,
        owners.session_id as owner_id,
        owners.thread as owner_thread,
        counted.compactions,
        counted.changes
    from responses
    inner join counted
        on
            responses.session_id = counted.session_id
            and responses.thread = counted.thread
            and responses.message_id = counted.message_id
    left join owners on responses.message_id = owners.message_id
),

followed as (
    select
        *,
        lag(cacheable_tokens) over in_thread as cached_tokens,
        lag(cacheable_tokens) over in_session as cached_in_session_tokens,
        lag(event_at) over in_thread as previous_at,
        lag(model) over in_thread as previous_model,
        lag(version) over in_thread as previous_version,
        lag(effort) over in_thread as previous_effort,
        lag(owner_id) over in_thread as previous_owner_id,
        lag(write_5m_tokens) over in_thread as previous_write_5m_tokens,
        lag(write_1h_tokens) over in_thread as previous_write_1h_tokens,
        lag(compactions) over in_thread as previous_compactions,
        lag(changes) over in_thread as previous_changes,
        first_value(read_tokens) over in_thread as first_read_tokens
    from known
    window
        in_thread as (partition by session_id, thread order by event_at, source_offset, message_id),
        in_session as (partition by session_id order by event_at, source_offset, message_id)
)

select * from followed
{%- endmacro %}
