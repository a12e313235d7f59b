with results as (
    select
        document_id,
        min(tool_use_id) as tool_use_id
    from {{ ref('stg_tool_calls') }}
    where is_result
    group by document_id
),

searches as (
    select
        results.tool_use_id,
        max(entries.web_search_requests) as web_search_requests
    from {{ ref('stg_conversations') }} as entries
    inner join results on entries.document_id = results.document_id
    where entries.web_search_requests > 0 and not entries.has_usage
    group by results.tool_use_id
),

calls as (
    select
        tool_use_id,
        max(message_id) as message_id
    from {{ ref('stg_tool_calls') }}
    where not is_result and message_id is not null
    group by tool_use_id
)

select
    calls.message_id,
    cast(sum(searches.web_search_requests) as bigint) as web_search_requests
from searches
inner join calls on searches.tool_use_id = calls.tool_use_id
group by calls.message_id
