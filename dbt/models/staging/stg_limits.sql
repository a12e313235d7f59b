with source as (
    select * from {{ source('raw', 'limits') }}
),

-- The end of a window comes with seconds that differ between readings: a minute names a window.
readings as (
    select
        _id as reading_id,
        session_id,
        project_id,
        project_key,
        host,
        version,
        model,
        cost_usd,
        context_percentage,
        context_tokens,
        context_size,
        five_hour_percentage,
        seven_day_percentage,
        {{ in_utc('event_at') }} as read_at,
        date_trunc('minute', {{ in_utc('five_hour_resets_at') }} + interval 30 second) as five_hour_resets_at,
        date_trunc('minute', {{ in_utc('seven_day_resets_at') }} + interval 30 second) as seven_day_resets_at
    from source
    where not is_clock_wrong
)

select * from readings
