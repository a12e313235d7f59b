with source as (
    select * from {{ source('raw', 'conversations') }}
)

-- Read from the JSON: no column holds these two, and such entries are few.
select _id as document_id
from source
where
    type = 'attachment'
    and subtype = 'queued_command'
    and coalesce(json_extract_string(entry_json, '$.attachment.commandMode'), 'prompt') = 'prompt'
    and coalesce(
        json_extract_string(entry_json, '$.attachment.origin.kind'),
        json_extract_string(entry_json, '$.origin.kind'),
        'human'
    ) = 'human'
