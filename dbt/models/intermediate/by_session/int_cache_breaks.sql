with followed as (
    {{ followed_responses() }}
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
