with messages as (
    select
        *,
        -- Hours that end with their full hour: then "later than five hours after" is "a later hour".
        date_trunc('hour', sent_at + interval 1 hour - interval 1 microsecond) as until_hour
    from {{ ref('fct_api_messages') }}
),

hours as (
    select
        until_hour,
        min(sent_at) as first_at,
        max(sent_at) as last_at
    from messages
    group by until_hour
),

-- After five hours of silence a block begins whatever came before: chains start there.
pauses as (
    select
        *,
        coalesce(first_at - lag(last_at) over (order by until_hour) > interval 5 hour, true) as is_after_pause
    from hours
),

stretches as (
    select
        *,
        sum(cast(is_after_pause as integer)) over (order by until_hour) as stretch
    from pauses
),

blocks as (
    {{ blocks_of_hours('stretches', 5) }}
),

placed as (
    select
        messages.*,
        blocks.block_start
    from messages
    {{ join_last_begun('blocks', 'messages.sent_at', 'first_at') }}
),

measured as (
    select
        block_start,
        min(sent_at) as first_at,
        max(sent_at) as last_at,
        count(*) as api_messages,
        count(distinct session_id) as sessions,
        {{ listed('model') }} as models,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cache_write_5m_tokens) as bigint) as cache_write_5m_tokens,
        cast(sum(cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
        cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search
    from placed
    group by block_start
)

select
    *,
    block_start + interval 5 hour as block_end,
    cast({{ seconds_between('first_at', 'last_at') }} / 60.0 as double) as active_minutes,
    -- Over the minutes from first to last message; one message alone burns at no rate.
    cast(
        (input_tokens + output_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)
        / nullif({{ seconds_between('first_at', 'last_at') }} / 60.0, 0) as double
    ) as tokens_per_minute,
    cast(cost_usd / nullif({{ seconds_between('first_at', 'last_at') }} / 3600.0, 0) as double) as usd_per_hour,
    cast({{ seconds_between('lag(last_at) over (order by block_start)', 'first_at') }} / 3600.0 as double)
        as idle_hours_before
from measured
