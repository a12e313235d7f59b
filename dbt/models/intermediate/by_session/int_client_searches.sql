with results as (
    select
        document_id,
        min(tool_use_id) as tool_use_id
    from {{ ref('stg_tool_calls') }}
    where is_result and {{ touched('session_id') }}
    group by document_id
),

searches as (
    select
        results.tool_use_id,
        max(entries.web_search_requests) as web_search_requests
    from {{ ref('stg_conversations') }} as entries
    inner join results on entries.document_id = results.document_id
    where entries.web_search_requests > 0 and not entries.has_usage and {{ touched('entries.session_id') }}
    group by results.tool_use_id
),

calls as (
    select
        tool_use_id,
        max(message_id) as message_id,
        min(session_id) as session_id
    from {{ ref('stg_tool_calls') }}
    where not is_result and message_id is not null and {{ touched('session_id') }}
    group by tool_use_id
)

select
    calls.message_id,
    -- One of the family that has it: what goes when the family is built anew.
    min(calls.session_id) as session_id,
    cast(sum(searches.web_search_requests) as bigint) as web_search_requests
from searches
inner join calls on searches.tool_use_id = calls.tool_use_id
group by calls.message_id
