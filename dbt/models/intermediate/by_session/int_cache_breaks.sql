-- Copies in forks are rows of the fork too: its first own response follows one that it copied.
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
),

judged as (
    select
        *,
        {{ seconds_from_to('previous_at', 'event_at') }} as seconds_since,
        case when previous_write_1h_tokens > 0 and previous_write_5m_tokens = 0 then 3600 else 300 end
            as lifetime_seconds,
        least(cached_tokens - read_tokens, write_5m_tokens + write_1h_tokens) as rewritten_tokens,
        compactions > previous_compactions as is_compacted,
        model <> previous_model as is_other_model
    from followed
    where
        owner_id = session_id and owner_thread = thread
        and (read_tokens < cached_tokens or read_tokens < cached_in_session_tokens)
),

explained as (
    select
        *,
        -- Less than the smallest prefix that the API caches is no break. Where the context shrank and
        -- nothing tells why, it was cut back: what is written then is new.
        coalesce(
            rewritten_tokens >= 1024
            and (
                input_tokens + cacheable_tokens >= cached_tokens
                or is_compacted
                or is_other_model
                or seconds_since > lifetime_seconds
            ),
            false
        ) as is_break
    from judged
)

select
    message_id,
    session_id,
    nullif(thread, '') as agent_id,
    document_id,
    coalesce(cached_tokens, 0) as cached_tokens,
    read_tokens,
    seconds_since,
    lifetime_seconds,
    model,
    previous_model,
    version,
    previous_version,
    effort,
    previous_effort,
    is_break,
    case
        when not is_break then null
        when is_compacted then 'compaction'
        when is_other_model then 'model switch'
        when seconds_since > lifetime_seconds then 'time to live lapsed'
        when previous_owner_id <> session_id then 'fork'
        when effort <> previous_effort then 'effort switch'
        when changes > previous_changes or version <> previous_version or read_tokens < greatest(first_read_tokens, 1)
            then 'tools or system prompt changed'
        else 'unexplained'
    end as cause,
    case when is_break then rewritten_tokens else 0 end as rewritten_tokens,
    -- The API keeps what lives for an hour before what lives for five minutes.
    case when is_break then least(rewritten_tokens, write_1h_tokens) else 0 end as rewritten_1h_tokens,
    case when is_break then rewritten_tokens - least(rewritten_tokens, write_1h_tokens) else 0 end
        as rewritten_5m_tokens
from explained
