-- Texts are costly to carry, so rows are sorted without them, and ranked only where copies are.
with keys as (
    select
        document_id,
        entry_id,
        entry_type,
        session_id,
        is_sidechain,
        is_human_prompt,
        stream,
        generation,
        source_offset,
        event_at
    from {{ ref('stg_conversations') }}
    where {{ touched('session_id') }}
),

repeated as (
    select
        entry_id,
        count(*) as copies
    from keys
    group by entry_id
    having count(*) > 1
),

ranked as (
    select
        keys.document_id,
        repeated.copies,
        row_number() over (
            partition by keys.entry_id
            order by
                {{ had_first('origins') }}, keys.is_sidechain asc, keys.event_at asc,
                keys.stream asc, keys.generation asc, keys.source_offset asc
        ) as copy_number
    from keys
    inner join repeated on keys.entry_id = repeated.entry_id
    inner join {{ ref('int_session_origins') }} as origins on keys.session_id = origins.session_id
),

folded as (
    select
        keys.*,
        coalesce(ranked.copies, 1) as copies
    from keys
    left join ranked on keys.document_id = ranked.document_id
    where
        coalesce(ranked.copy_number, 1) = 1
        and keys.entry_type not in ('agent-meta', 'workflow', 'tool-result')  -- Side files.
),

numbered as (
    select
        document_id,
        copies,
        case
            when not is_sidechain
                then count(*) filter (where is_human_prompt) over (
                    partition by session_id order by stream, generation, source_offset
                    rows between unbounded preceding and current row
                )
        end as turn_number
    from folded
),

entries as (
    select
        rows_kept.*,
        numbered.turn_number,
        numbered.copies
    from {{ ref('stg_conversations') }} as rows_kept
    inner join numbered on rows_kept.document_id = numbered.document_id
    where {{ touched('rows_kept.session_id') }}
)

select
    entry_id,
    document_id,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    agent_id,
    role,
    case when entry_type in ('message', 'unknown') then coalesce(role, entry_type) else entry_type end as kind,
    subtype,
    message_id,
    model,
    is_sidechain,
    is_meta,
    is_compact_summary,
    is_api_error,
    speaker,
    message_kind,
    coalesce(message_kind = 'result', false) as has_tool_result,
    is_human_prompt,
    turn_number,
    task_category,
    is_correction,
    substring(prompt_text, 1, 300) as prompt,
    length(prompt_text) as prompt_length,
    substring(command, 2) as command_name,
    git_branch,
    version,
    event_at,
    written_at,
    is_clock_wrong,
    {{ report_day('event_at') }} as day,
    {{ report_hour('event_at') }} as hour_at,
    text_length,
    copies
from entries
