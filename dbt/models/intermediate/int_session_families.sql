-- Hashes instead of texts: a false match would only rebuild a session too many.
with keys as (
    select
        session_id,
        hash(session_id) as session_key,
        hash(uuid) as shared_key
    from {{ ref('stg_conversations') }}
    where uuid is not null
    union all
    select
        session_id,
        hash(session_id) as session_key,
        hash(message_id) as shared_key
    from {{ ref('stg_conversations') }}
    where message_id is not null
),

shared as (
    select shared_key
    from keys
    group by shared_key
    having min(session_key) <> max(session_key)
),

shared_keys as (
    select
        keys.session_id,
        min(keys.session_id) over (partition by keys.shared_key) as first_session_id
    from keys
    inner join shared on keys.shared_key = shared.shared_key
),

links as (
    select distinct
        session_id,
        first_session_id
    from shared_keys
    where session_id <> first_session_id
),

relatives as (
    select
        session_id,
        first_session_id as relative_id
    from links
    union all
    select
        first_session_id as session_id,
        session_id as relative_id
    from links
),

families as (
    {{ connected('relatives', 'session_id', 'relative_id') }}
)

select
    session_id,
    family_id
from families
