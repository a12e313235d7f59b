with readings as (
    select
        'five_hour' as limit_name,
        five_hour_resets_at - interval 5 hour as window_start,
        five_hour_resets_at as resets_at,
        five_hour_percentage as percentage,
        read_at,
        host
    from {{ ref('fct_limits') }}
    union all
    select
        'seven_day' as limit_name,
        seven_day_resets_at - interval 7 day as window_start,
        seven_day_resets_at as resets_at,
        seven_day_percentage as percentage,
        read_at,
        host
    from {{ ref('fct_limits') }}
),

-- A reading after the end of its window is an idle session's, which repeats what is over.
in_time as (
    select
        *,
        max(percentage) over (partition by limit_name, resets_at) as used_percentage
    from readings
    where read_at between window_start and resets_at
),

-- What was used is known at the last reading of the highest value: lower ones after it are old.
windows as (
    select
        limit_name,
        window_start,
        resets_at,
        used_percentage,
        count(*) as readings,
        count(distinct host) as hosts,
        min(read_at) as first_read_at,
        max(case when percentage = used_percentage then read_at end) as last_read_at
    from in_time
    group by limit_name, window_start, resets_at, used_percentage
),

spent as (
    select
        windows.limit_name,
        windows.resets_at,
        count(*) as api_messages,
        cast(sum(messages.prompt_tokens + messages.output_tokens) as bigint) as tokens,
        cast(sum(messages.cost_usd) as decimal(18, 10)) as cost_usd
    from windows
    inner join {{ ref('fct_api_messages') }} as messages
        on windows.window_start <= messages.sent_at and windows.last_read_at >= messages.sent_at
    group by windows.limit_name, windows.resets_at
),

measured as (
    select
        windows.*,
        coalesce(spent.api_messages, 0) as api_messages,
        coalesce(spent.tokens, 0) as tokens,
        cast(coalesce(spent.cost_usd, 0) as decimal(18, 10)) as cost_usd,
        {{ seconds_between('windows.window_start', 'windows.last_read_at') }} / 3600.0 as hours
    from windows
    left join spent on windows.limit_name = spent.limit_name and windows.resets_at = spent.resets_at
)

select
    limit_name,
    window_start,
    resets_at,
    used_percentage,
    readings,
    hosts,
    first_read_at,
    last_read_at,
    api_messages,
    tokens,
    cost_usd,
    cast(used_percentage / nullif(hours, 0) as double) as percentage_per_hour,
    -- Below one per cent the rounding of the percentage is all there is.
    case when used_percentage >= 1 then cast(tokens / used_percentage as double) end as tokens_per_percent,
    case when used_percentage >= 1 then cast(cost_usd / used_percentage as double) end as usd_per_percent
from measured
