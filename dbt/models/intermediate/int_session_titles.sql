with entries as (
    select
        session_id,
        entry_type,
        nullif(trim(value), '') as title,
        stream,
        generation,
        source_offset
    from {{ ref('stg_session_metadata') }}
    where entry_type in ('custom-title', 'agent-name', 'ai-title') and not is_sidechain
),

-- Looked up by the few that are asked for: the join alone would hash every entry.
leaves as (
    select
        entry_id,
        session_id
    from {{ ref('int_messages_enriched') }}
    where entry_id in (select details.leaf_uuid from {{ ref('stg_entry_details') }} as details)
),

-- A summary names the session of its leaf message, which mostly lies in another file.
summaries as (
    select
        leaves.session_id,
        lines.entry_type,
        nullif(trim(lines.value), '') as title,
        lines.stream,
        lines.generation,
        lines.source_offset
    from {{ ref('stg_session_metadata') }} as lines
    inner join {{ ref('stg_entry_details') }} as details on lines.document_id = details.document_id
    inner join leaves on details.leaf_uuid = leaves.entry_id
    where lines.entry_type = 'summary'
),

named as (
    select * from entries
    where title is not null
    union all
    select * from summaries
    where title is not null
),

ranked as (
    select
        session_id,
        title,
        row_number() over (
            partition by session_id
            order by
                case entry_type
                    when 'custom-title' then 1
                    when 'agent-name' then 2
                    when 'ai-title' then 3
                    else 4
                end asc,
                generation desc,
                source_offset desc,
                stream asc
        ) as preference
    from named
)

select
    session_id,
    substring(title, 1, 300) as title
from ranked
where preference = 1
