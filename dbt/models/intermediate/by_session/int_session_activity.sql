with own_entries as (
    select * from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
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
),

turns as (
    select
        session_id,
        role,
        {{ seconds_between('lag(written_at) over in_file_order', 'written_at') }} as waited_seconds,
        lag(is_human_prompt) over in_file_order as answers_prompt
    from own_entries
    where (is_human_prompt or role = 'assistant') and not is_sidechain and written_at is not null
    window in_file_order as (
        partition by session_id order by stream, generation, source_offset
    )
),

responses as (
    select
        session_id,
        avg(greatest(waited_seconds, 0)) as avg_response_time_seconds
    from turns
    where role = 'assistant' and answers_prompt
    group by session_id
)

select
    active.session_id,
    active.active_minutes,
    responses.avg_response_time_seconds
from active
left join responses on active.session_id = responses.session_id
