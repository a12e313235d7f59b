with entries as (
    select * from {{ ref('int_messages_enriched') }}
    where {{ touched('session_id') }}
),

works as (
    select
        {{ work_id() }} as work_id,
        min(session_id) as session_id,
        min(project_id) as project_id,
        min(host) as host,
        max(case when is_sidechain then agent_id end) as agent_id,
        bool_or(is_sidechain) as is_sidechain,
        max(turn_number) as turn_number,
        min(event_at) as started_at,
        min(case when is_human_prompt then written_at end) as prompted_at,
        coalesce(bool_or(is_human_prompt), false) as is_prompt,
        coalesce(bool_or(is_human_prompt and is_correction), false) as is_correction,
        count(*) filter (where message_kind = 'interruption') as interruptions
    from entries
    group by {{ work_id() }}
),

places as (
    select
        session_id,
        message_id,
        min({{ work_id() }}) as work_id
    from entries
    where message_id is not null
    group by session_id, message_id
),

-- Work is seldom that of two models, versions or efforts; the response that wrote most says which.
responses as (
    select
        messages.*,
        places.work_id,
        row_number() over (
            partition by places.work_id
            order by messages.output_tokens desc, messages.event_at asc, messages.message_id asc
        ) as place
    from {{ ref('int_api_messages') }} as messages
    inner join places on messages.session_id = places.session_id and messages.message_id = places.message_id
    where {{ touched('messages.session_id') }}
),

answers as (
    select
        work_id,
        max(case when place = 1 then model end) as model,
        max(case when place = 1 then version end) as version,
        max(case when place = 1 then effort end) as effort,
        count(*) as responses,
        sum(output_tokens) as output_tokens,
        count(*) filter (where is_thinking_known) as measured_responses,
        sum(case when is_thinking_known then thinking_tokens else 0 end) as thinking_tokens
    from responses
    group by work_id
)

select
    works.*,
    {{ report_day('works.started_at') }} as day,
    answers.model,
    answers.version,
    answers.effort,
    -- The next prompt of the session judges this work.
    coalesce(lead(works.is_correction) over prompts, false) as is_corrected,
    lead(works.work_id) over prompts is not null as is_followed,
    coalesce(answers.responses, 0) as responses,
    coalesce(answers.output_tokens, 0) as output_tokens,
    coalesce(answers.measured_responses, 0) as measured_responses,
    coalesce(answers.thinking_tokens, 0) as thinking_tokens,
    coalesce(calls.tool_calls, 0) as tool_calls,
    coalesce(calls.ended_calls, 0) as ended_calls,
    coalesce(calls.failed_calls, 0) as failed_calls,
    coalesce(calls.declined_calls, 0) as declined_calls,
    coalesce(calls.checks, 0) as checks,
    coalesce(calls.failed_checks, 0) as failed_checks,
    case when calls.edits > 0 then calls.files_read_before_edit end as files_read_before_edit,
    {{ seconds_from_to('works.prompted_at', 'calls.first_edit_at') }} as seconds_to_first_edit,
    coalesce(calls.edits, 0) as edits,
    coalesce(calls.repeated_edits, 0) as repeated_edits,
    coalesce(calls.checked_edits, 0) as checked_edits,
    coalesce(calls.one_shot_edits, 0) as one_shot_edits,
    coalesce(calls.changed_lines, 0) as changed_lines
from works
left join answers on works.work_id = answers.work_id
left join {{ ref('int_work_calls') }} as calls on works.work_id = calls.work_id
-- What stands before the first prompt is mostly no work at all.
where works.is_prompt or answers.work_id is not null
window prompts as (partition by works.session_id, works.is_prompt order by works.turn_number)
