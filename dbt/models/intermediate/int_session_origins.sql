with entries as (
    select * from {{ ref('stg_conversations') }}
),

shared_uuids as (
    select uuid
    from entries
    where uuid is not null
    group by uuid
    having min(session_id) <> max(session_id)
),

sessions as (
    select
        entries.session_id,
        min(case when shared_uuids.uuid is null then entries.event_at end) as own_started_at,
        max(entries.written_at) as last_written_at
    from entries
    left join shared_uuids on entries.uuid = shared_uuids.uuid
    group by entries.session_id
)

select
    session_id,
    own_started_at,
    last_written_at,
    -- A session whose every entry was copied on is the one that was copied: it comes first.
    row_number() over (
        order by own_started_at nulls first, last_written_at nulls first, session_id
    ) as origin_rank
from sessions
