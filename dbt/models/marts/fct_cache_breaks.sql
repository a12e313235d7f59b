{{ config(materialized=in_place('view')) }}
with shortfalls as (
    select * from {{ ref('int_cache_breaks') }}
),

messages as (
    select * from {{ ref('fct_api_messages') }}
)

select
    shortfalls.message_id,
    shortfalls.document_id,
    messages.session_id,
    messages.project_id,
    messages.project_key,
    messages.host,
    messages.agent_id,
    messages.model,
    shortfalls.previous_model,
    messages.sent_at,
    messages.day,
    shortfalls.is_break,
    shortfalls.cause,
    shortfalls.cached_tokens,
    shortfalls.read_tokens,
    messages.rewritten_tokens,
    messages.cache_break_usd,
    cast(shortfalls.seconds_since as double) as seconds_since,
    shortfalls.lifetime_seconds
from shortfalls
inner join messages on shortfalls.message_id = messages.message_id
