with source as (
    select * from {{ source('raw', 'conversations') }}
),

corrected as (
    select * from {{ ref('stg_corrected_times') }}
)

-- Lines without a uuid: re-appended every turn, and the last one of a kind wins.
select
    source._id as document_id,
    session_id,
    project_id,
    stream,
    generation,
    source_offset,
    type as entry_type,
    is_sidechain,
    permission_mode,
    text as value,
    coalesce(corrected.corrected_at, {{ in_utc('event_at') }}) as event_at
from source
left join corrected on source._id = corrected.document_id
where coalesce(uuid, '') = '' and type not in ('user', 'assistant', 'message', 'system', 'attachment', 'progress')
