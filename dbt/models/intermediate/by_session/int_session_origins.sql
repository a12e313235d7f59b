with entries as (
    select * from {{ ref('stg_conversations') }}
    where {{ touched('session_id') }}
),

shared_uuids as (
    select uuid
    from entries
    where uuid is not null
    group by uuid
    having min(session_id) <> max(session_id)
)

select
    entries.session_id,
    min(case when shared_uuids.uuid is null then entries.event_at end) as own_started_at,
    max(entries.written_at) as last_written_at
from entries
left join shared_uuids on entries.uuid = shared_uuids.uuid
group by entries.session_id
