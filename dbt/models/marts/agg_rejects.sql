with rejects as (
    select * from {{ source('raw', 'rejects') }}
)

select
    date as day,
    coalesce(reason, 'unknown') as reason,
    count(*) as rejects,
    max({{ in_utc('ingested_at') }}) as last_at
from rejects
group by date, coalesce(reason, 'unknown')
