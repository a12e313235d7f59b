with entries as (
    select * from {{ ref('stg_conversations') }}
    where {{ touched('session_id') }}
),

origins as (
    select * from {{ ref('int_session_origins') }}
),

-- Ranked without the text: sorting that is what would cost.
ranked as (
    select
        entries.document_id,
        entries.session_id,
        row_number() over (
            partition by entries.entry_id
            order by
                origins.origin_rank, entries.is_sidechain, entries.event_at, entries.stream,
                entries.generation, entries.source_offset
        ) as copy_number,
        count(*) over (partition by entries.entry_id) as copies
    from entries
    inner join origins on entries.session_id = origins.session_id
)

select
    document_id,
    session_id,
    copies
from ranked
where copy_number = 1
