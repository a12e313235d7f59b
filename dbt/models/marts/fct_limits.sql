{{ config(materialized=in_place('view')) }}
select
    reading_id,
    session_id,
    project_id,
    project_key,
    host,
    version,
    model,
    read_at,
    {{ report_day('read_at') }} as day,
    five_hour_percentage,
    five_hour_resets_at,
    seven_day_percentage,
    seven_day_resets_at,
    cost_usd,
    context_percentage,
    context_tokens,
    context_size
from {{ ref('stg_limits') }}
