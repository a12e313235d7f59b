with corrected as (
    select * from {{ ref('stg_corrected_times') }}
),

source as (
    select
        rows_taken.*,
        corrected.corrected_at
    from {{ source('raw', 'conversations') }} as rows_taken
    left join corrected on rows_taken._id = corrected.document_id
)

-- Lines without a uuid: re-appended every turn, and the last one of a kind wins.
select
    _id as document_id,
    session_id,
    project_id,
    stream,
    generation,
    source_offset,
    type as entry_type,
    is_sidechain,
    permission_mode,
    text as value,
    coalesce(corrected_at, {{ in_utc('event_at') }}) as event_at
from source
where coalesce(uuid, '') = '' and type not in ('user', 'assistant', 'message', 'system', 'attachment', 'progress')
