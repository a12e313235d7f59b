with entries as (
    select * from {{ ref('int_messages_enriched') }}
),

paths as (
    select
        project_id,
        cwd,
        -- The slug tells which of the session's directories the project is.
        row_number() over (
            partition by project_id order by is_project_folder desc, count(*) desc, cwd
        ) as preference
    from entries
    where cwd is not null
    group by project_id, cwd, is_project_folder
),

activity as (
    select
        project_id,
        coalesce(min(written_at), min(event_at)) as first_active_at,
        coalesce(max(written_at), max(event_at)) as last_active_at,
        count(distinct session_id) filter (where role is not null or is_human_prompt) as sessions,
        count(*) filter (where role in ('user', 'assistant')) as messages,
        count(*) filter (where is_human_prompt) as prompts
    from entries
    group by project_id
),

latest as (
    select max(last_active_at) as latest_at from activity
),

usage as (
    select
        project_id,
        count(*) as api_messages,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd
    from {{ ref('fct_api_messages') }}
    group by project_id
)

select
    activity.project_id,
    paths.cwd as project_path,
    coalesce(nullif(regexp_extract(paths.cwd, '([^/\\]+)[/\\]*$', 1), ''), activity.project_id) as project_name,
    activity.first_active_at,
    activity.last_active_at,
    case
        when {{ seconds_between('activity.last_active_at', 'latest.latest_at') }} <= 7 * 86400 then 'active'
        when {{ seconds_between('activity.last_active_at', 'latest.latest_at') }} <= 30 * 86400 then 'recent'
        else 'dormant'
    end as activity_status,
    activity.sessions,
    activity.messages,
    activity.prompts,
    coalesce(usage.api_messages, 0) as api_messages,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd
from activity
cross join latest
left join paths on activity.project_id = paths.project_id and paths.preference = 1
left join usage on activity.project_id = usage.project_id
