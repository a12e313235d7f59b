with copies as (
    select
        entries.session_id,
        originals.session_id as original_session_id,
        count(*) as copied_entries
    from {{ ref('stg_conversations') }} as entries
    inner join {{ ref('int_messages_enriched') }} as originals on entries.uuid = originals.uuid
    where originals.copies > 1 and entries.session_id <> originals.session_id and {{ touched('entries.session_id') }}
    group by entries.session_id, originals.session_id
),

ranked as (
    select
        *,
        sum(copied_entries) over (partition by session_id) as all_copied_entries,
        row_number() over (
            partition by session_id order by copied_entries desc, original_session_id asc
        ) as preference
    from copies
),

-- Only a branch names where it came from; a fork is known by what it repeats.
named as (
    select
        session_id,
        min(forked_from) as forked_from
    from {{ ref('stg_entry_details') }}
    where forked_from is not null and {{ touched('session_id') }}
    group by session_id
)

select
    coalesce(ranked.session_id, named.session_id) as session_id,
    coalesce(named.forked_from, ranked.original_session_id) as forked_from,
    case when named.session_id is not null then 'branch' else 'fork' end as lineage,
    coalesce(ranked.all_copied_entries, 0) as copied_entries
from ranked
full outer join named on ranked.session_id = named.session_id
where coalesce(ranked.preference, 1) = 1
