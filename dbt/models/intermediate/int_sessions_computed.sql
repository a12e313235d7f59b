{{ config(materialized=in_place('view')) }}
with totals as (
    select * from {{ ref('int_session_totals') }}
),

beginnings as (
    select * from {{ ref('int_session_beginnings') }}
),

answers as (
    select
        session_id,
        -- A sum of doubles would depend on the order of the rows.
        avg(cast(response_seconds as decimal(18, 6))) as avg_response_time_seconds
    from {{ ref('int_prompts') }}
    group by session_id
),

titles as (
    select * from {{ ref('int_session_titles') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
),

outcomes as (
    select * from {{ ref('int_session_outcomes') }}
)

select
    totals.session_id,
    projects.project_id,
    projects.project_key,
    projects.repository,
    totals.host,
    projects.user_name,
    coalesce(titles.title, beginnings.headline) as title,
    beginnings.first_prompt,
    totals.started_at,
    totals.ended_at,
    totals.duration_minutes,
    totals.active_minutes,
    answers.avg_response_time_seconds,
    totals.prompts,
    totals.user_messages,
    totals.assistant_messages,
    totals.entries,
    totals.own_entries,
    coalesce(outcomes.outcome, 'short') as outcome,
    outcomes.git_branches,
    outcomes.versions,
    coalesce(outcomes.interruptions, 0) as interruptions,
    beginnings.forked_from,
    beginnings.lineage,
    beginnings.copied_entries
from totals
inner join projects on totals.session_id = projects.session_id
inner join beginnings on totals.session_id = beginnings.session_id
left join answers on totals.session_id = answers.session_id
left join titles on totals.session_id = titles.session_id
left join outcomes on totals.session_id = outcomes.session_id
