with days as (
    select day from {{ ref('fct_messages') }}
    union all
    select day from {{ ref('fct_api_messages') }}
    union all
    select day from {{ ref('fct_tool_calls') }}
),

calendar as (
    {{ days_between('min(day)', 'max(day)', 'days') }}
)

select
    day,
    cast(extract(year from day) as integer) as year,
    cast(extract(quarter from day) as integer) as quarter,
    cast(extract(month from day) as integer) as month,
    cast(extract(day from day) as integer) as day_of_month,
    {{ day_of_week('day') }} as day_of_week,
    cast(date_trunc('week', day) as date) as week_start,
    cast(date_trunc('month', day) as date) as month_start,
    {{ day_of_week('day') }} >= 6 as is_weekend
from calendar
