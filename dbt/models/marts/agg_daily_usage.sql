with messages as (
    select * from {{ ref('fct_api_messages') }}
)

select
    day,
    project_id,
    host,
    coalesce(model, 'unknown') as model,
    count(*) as api_messages,
    cast(sum(input_tokens) as bigint) as input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(cache_write_5m_tokens) as bigint) as cache_write_5m_tokens,
    cast(sum(cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(web_search_requests) as bigint) as web_search_requests,
    cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
    cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search,
    count(*) filter (where not is_price_known) as unpriced_messages
from messages
group by day, project_id, host, coalesce(model, 'unknown')
