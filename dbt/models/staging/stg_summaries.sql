with source as (
    select * from {{ source('raw', 'conversations') }}
)

-- The only JSON read in SQL: no column holds leafUuid, and these entries are few and old.
select
    _id as document_id,
    json_extract_string(entry_json, '$.leafUuid') as leaf_uuid,
    stream,
    generation,
    source_offset,
    text
from source
where type = 'summary'
