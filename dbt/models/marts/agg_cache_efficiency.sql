{{ config(materialized=in_place('view')) }}
with messages as (
    select * from {{ ref('fct_api_messages') }}
)

select
    day,
    project_id,
    coalesce(model, 'unknown') as model,
    count(*) as api_messages,
    cast(sum(prompt_tokens) as bigint) as prompt_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(cache_write_5m_tokens + cache_write_1h_tokens) as bigint) as cache_write_tokens,
    cast(sum(cache_read_tokens) / nullif(sum(prompt_tokens), 0) as double) as cache_hit_rate,
    cast(sum(cache_savings_usd) as decimal(18, 10)) as cache_savings_usd,
    cast(sum(cost_usd) as decimal(18, 10)) as cost_usd
from messages
group by day, project_id, coalesce(model, 'unknown')
