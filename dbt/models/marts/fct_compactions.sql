{{ config(materialized=in_place('view')) }}
with boundaries as (
    select * from {{ ref('fct_messages') }}
    where kind = 'system' and subtype = 'compact_boundary'
),

details as (
    select * from {{ ref('stg_entry_details') }}
    where subtype = 'compact_boundary'
)

select
    boundaries.entry_id,
    boundaries.session_id,
    boundaries.project_id,
    boundaries.project_key,
    boundaries.host,
    boundaries.agent_id,
    boundaries.sent_at as compacted_at,
    boundaries.day,
    boundaries.turn_number,
    coalesce(details.compact_trigger, 'unknown') as trigger,
    details.tokens_before,
    details.tokens_after,
    details.compact_ms as duration_ms
from boundaries
left join details on boundaries.document_id = details.document_id
