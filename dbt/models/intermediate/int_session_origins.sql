with starts as (
    select * from {{ ref('int_session_starts') }}
)

select
    session_id,
    own_started_at,
    last_written_at,
    -- A session whose every entry was copied on is the one that was copied: it comes first.
    row_number() over (
        order by own_started_at nulls first, last_written_at nulls first, session_id
    ) as origin_rank
from starts
