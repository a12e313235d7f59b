with source as (
    select * from {{ source('raw', 'conversations') }}
    where type = 'cost-state' and details_json is not null
),

-- Claude Code's own ledger adds up over a session's runs, so the last line holds it all.
ranked as (
    select
        *,
        row_number() over (
            partition by session_id order by generation desc, source_offset desc, stream asc
        ) as recency
    from source
)

select
    session_id,
    project_id,
    try_cast(json_extract_string(details_json, '$.totalCostUSD') as decimal(18, 10)) as ledger_cost_usd,
    try_cast(json_extract_string(details_json, '$.totalLinesAdded') as bigint) as ledger_lines_added,
    try_cast(json_extract_string(details_json, '$.totalLinesRemoved') as bigint) as ledger_lines_removed,
    try_cast(json_extract_string(details_json, '$.totalToolDuration') as bigint) as ledger_tool_ms,
    coalesce(json_extract_string(details_json, '$.hasUnknownModelCost') = 'true', false) as has_unknown_model,
    {{ in_utc('event_at') }} as event_at
from ranked
where recency = 1
