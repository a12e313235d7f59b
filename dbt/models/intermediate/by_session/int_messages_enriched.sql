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
        row_number() over (
            partition by entries.entry_id
            order by
                {{ had_first('origins') }}, entries.is_sidechain asc, entries.event_at asc,
                entries.stream asc, entries.generation asc, entries.source_offset asc
        ) as copy_number,
        count(*) over (partition by entries.entry_id) as copies
    from entries
    inner join origins on entries.session_id = origins.session_id
),

folded as (
    select
        entries.*,
        ranked.copies
    from entries
    inner join ranked on entries.document_id = ranked.document_id and ranked.copy_number = 1
    -- Side files are kept in the archive, but they are no entries of a transcript.
    where entries.entry_type not in ('agent-meta', 'workflow', 'tool-result')
)

select
    entry_id,
    document_id,
    uuid,
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
    case
        when not is_sidechain
            then count(*) filter (where is_human_prompt) over (
                partition by session_id order by stream, generation, source_offset
                rows between unbounded preceding and current row
            )
    end as turn_number,
    task_category,
    is_correction,
    substring(prompt_text, 1, 300) as prompt,
    length(prompt_text) as prompt_length,
    substring(command, 2) as command_name,
    git_branch,
    cwd,
    project_key,
    repository,
    is_project_folder,
    version,
    event_at,
    written_at,
    is_clock_wrong,
    {{ report_day('event_at') }} as day,
    {{ report_hour('event_at') }} as hour_at,
    text_length,
    copies
from folded
