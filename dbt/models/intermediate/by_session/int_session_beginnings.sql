-- Copies too: a fork begins with the prompt it inherited. A session that nobody prompted is named by
-- what a teammate told it.
with openings as (
    select
        entries.session_id,
        entries.prompt_text as prompt,
        entries.headline,
        row_number() over (
            partition by entries.session_id
            order by
                entries.is_human_prompt desc, entries.stream asc, entries.generation asc,
                entries.source_offset asc
        ) as opening_number
    from {{ ref('stg_conversations') }} as entries
    where entries.headline is not null and not entries.is_sidechain and {{ touched('entries.session_id') }}
),

first_openings as (
    select * from openings
    where opening_number = 1
),

copies as (
    select
        entries.session_id,
        originals.session_id as original_session_id,
        count(*) as copied_entries
    from {{ ref('stg_conversations') }} as entries
    inner join {{ ref('int_messages_enriched') }} as originals on entries.uuid = originals.entry_id
    where originals.copies > 1 and entries.session_id <> originals.session_id and {{ touched('entries.session_id') }}
    group by entries.session_id, originals.session_id
),

ranked as (
    select
        *,
        cast(sum(copied_entries) over (partition by session_id) as bigint) as all_copied_entries,
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
    origins.session_id,
    substring(first_openings.prompt, 1, 300) as first_prompt,
    first_openings.headline,
    coalesce(named.forked_from, ranked.original_session_id) as forked_from,
    case
        when named.session_id is not null then 'branch'
        when ranked.session_id is not null then 'fork'
    end as lineage,
    coalesce(ranked.all_copied_entries, 0) as copied_entries
from {{ ref('int_session_origins') }} as origins
left join first_openings on origins.session_id = first_openings.session_id
left join ranked on origins.session_id = ranked.session_id and ranked.preference = 1
left join named on origins.session_id = named.session_id
where {{ touched('origins.session_id') }}
