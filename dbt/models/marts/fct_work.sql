{{ config(materialized=in_place('view')) }}
with works as (
    select * from {{ ref('int_work') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
)

select
    works.work_id,
    works.session_id,
    works.project_id,
    projects.project_key,
    works.host,
    works.agent_id,
    works.is_sidechain,
    cast(works.turn_number as integer) as turn_number,
    works.is_prompt,
    works.started_at,
    works.day,
    coalesce(works.model, 'unknown') as model,
    coalesce(works.version, 'unknown') as version,
    coalesce(works.effort, 'unknown') as effort,
    works.is_followed,
    works.is_corrected,
    works.interruptions,
    cast(works.responses as bigint) as responses,
    cast(works.output_tokens as bigint) as output_tokens,
    cast(works.measured_responses as bigint) as measured_responses,
    cast(works.thinking_tokens as bigint) as thinking_tokens,
    works.tool_calls,
    works.ended_calls,
    works.failed_calls,
    works.declined_calls,
    works.checks,
    works.failed_checks,
    works.files_read_before_edit,
    cast(works.seconds_to_first_edit as double) as seconds_to_first_edit,
    works.edits,
    works.repeated_edits,
    works.checked_edits,
    works.one_shot_edits,
    cast(works.changed_lines as bigint) as changed_lines
from works
inner join projects on works.session_id = projects.session_id
