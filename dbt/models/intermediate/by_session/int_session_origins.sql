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
),

-- Some forks say so: in an entry, or as their copies keep the original's session id.
named as (
    select distinct session_id
    from {{ ref('stg_entry_details') }}
    where forked_from is not null and {{ touched('session_id') }}
),

times as (
    select
        entries.session_id,
        min(case when shared_uuids.uuid is null then entries.event_at end) as own_started_at,
        min(case when shared_uuids.uuid is not null then entries.ingested_at end) as shared_taken_at,
        max(entries.written_at) as last_written_at,
        coalesce(
            bool_or(shared_uuids.uuid is not null and entries.entry_session_id <> entries.session_id), false
        ) as has_foreign_entries
    from entries
    left join shared_uuids on entries.uuid = shared_uuids.uuid
    group by entries.session_id
)

select
    times.session_id,
    times.has_foreign_entries or named.session_id is not null as is_fork,
    -- A history that the archive held before another session began is no copy of that one.
    case when times.own_started_at is not null then least(times.own_started_at, times.shared_taken_at) end
        as known_since,
    times.last_written_at
from times
left join named on times.session_id = named.session_id
