-- A table, as the engine knows how many rows it has: mostly none. Staging joins every entry to them.
{{ config(materialized=in_place('table')) }}
with source as (
    select * from {{ source('raw', 'conversations') }}
),

streams as (
    select distinct stream from source
    where is_clock_wrong
),

-- Only streams in which a clock was wrong: mostly none.
lines as (
    select
        source._id as document_id,
        source.stream,
        source.generation,
        source.source_offset,
        source.is_clock_wrong,
        {{ in_utc('source.ingested_at') }} as ingested_at,
        case when not source.is_clock_wrong then {{ in_utc('source.event_at') }} end as right_at
    from source
    inner join streams on source.stream = streams.stream
),

neighbours as (
    select
        document_id,
        is_clock_wrong,
        ingested_at,
        max(right_at) over (
            partition by stream order by generation, source_offset
            rows between unbounded preceding and current row
        ) as before_at,
        min(right_at) over (
            partition by stream order by generation, source_offset
            rows between current row and unbounded following
        ) as after_at
    from lines
)

select
    document_id,
    coalesce(before_at, after_at, ingested_at) as corrected_at
from neighbours
where is_clock_wrong
