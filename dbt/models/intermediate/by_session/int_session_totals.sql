with entries as (
    select * from {{ ref('stg_conversations') }}
    where {{ touched('session_id') }}
),

own_entries as (
    select * from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
),

-- Every session is here, also one that holds nothing but copies.
transcripts as (
    select
        session_id,
        {%- set written = ["is_sidechain", "stream", "generation", "source_offset"] %}
        {{ first_by("project_id", written) }} as project_id,
        {{ first_by("host", written) }} as host,
        min(event_at) as first_at,
        max(event_at) as last_at,
        count(*) as entries
    from entries
    group by session_id
),

measures as (
    select
        session_id,
        min(written_at) as started_at,
        max(written_at) as ended_at,
        count(*) as own_entries,
        count(*) filter (where is_human_prompt) as prompts,
        count(*) filter (where role = 'user') as user_messages,
        count(*) filter (where role = 'assistant') as assistant_messages
    from own_entries
    group by session_id
),

gaps as (
    select
        session_id,
        {{ seconds_between('lag(written_at) over (partition by session_id order by written_at)', 'written_at') }}
            as gap_seconds
    from own_entries
    where role is not null and written_at is not null
),

active as (
    select
        session_id,
        -- A longer silence counts as five minutes: nobody knows who was there.
        sum(least(gap_seconds, 300)) / 60.0 as active_minutes
    from gaps
    where gap_seconds is not null
    group by session_id
)

select
    transcripts.session_id,
    transcripts.project_id,
    transcripts.host,
    coalesce(measures.started_at, transcripts.first_at) as started_at,
    coalesce(measures.ended_at, transcripts.last_at) as ended_at,
    coalesce({{ seconds_between('measures.started_at', 'measures.ended_at') }} / 60.0, 0) as duration_minutes,
    coalesce(active.active_minutes, 0) as active_minutes,
    coalesce(measures.prompts, 0) as prompts,
    coalesce(measures.user_messages, 0) as user_messages,
    coalesce(measures.assistant_messages, 0) as assistant_messages,
    transcripts.entries,
    coalesce(measures.own_entries, 0) as own_entries
from transcripts
left join measures on transcripts.session_id = measures.session_id
left join active on transcripts.session_id = active.session_id
