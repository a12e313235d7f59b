{{ config(materialized='view') }}
with totals as (
    select * from {{ ref('int_session_totals') }}
),

activity as (
    select * from {{ ref('int_session_activity') }}
),

first_prompts as (
    select * from {{ ref('int_first_prompts') }}
),

titles as (
    select * from {{ ref('int_session_titles') }}
),

lineage as (
    select * from {{ ref('int_session_lineage') }}
),

outcomes as (
    select * from {{ ref('int_session_outcomes') }}
)

select
    totals.session_id,
    totals.project_id,
    totals.host,
    coalesce(titles.title, first_prompts.first_prompt) as title,
    first_prompts.first_prompt,
    totals.started_at,
    totals.ended_at,
    totals.duration_minutes,
    coalesce(activity.active_minutes, 0) as active_minutes,
    activity.avg_response_time_seconds,
    totals.prompts,
    totals.user_messages,
    totals.assistant_messages,
    totals.entries,
    totals.own_entries,
    totals.subagents,
    coalesce(outcomes.outcome, 'short') as outcome,
    outcomes.git_branches,
    outcomes.versions,
    coalesce(outcomes.api_errors, 0) as api_errors,
    coalesce(outcomes.compactions, 0) as compactions,
    coalesce(outcomes.interruptions, 0) as interruptions,
    lineage.forked_from,
    lineage.lineage,
    coalesce(lineage.copied_entries, 0) as copied_entries
from totals
left join activity on totals.session_id = activity.session_id
left join first_prompts on totals.session_id = first_prompts.session_id
left join titles on totals.session_id = titles.session_id
left join lineage on totals.session_id = lineage.session_id
left join outcomes on totals.session_id = outcomes.session_id
