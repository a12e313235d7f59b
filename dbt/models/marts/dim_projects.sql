with sessions as (
    select * from {{ ref('int_session_projects') }}
),

entries as (
    select
        entries.*,
        sessions.project_key as session_project_key
    from {{ ref('int_messages_enriched') }} as entries
    inner join sessions on entries.session_id = sessions.session_id
),

folders as (
    select
        project_key,
        project_id,
        project_path,
        repository,
        row_number() over (
            partition by project_key order by count(*) desc, project_id asc, project_path asc
        ) as preference
    from sessions
    group by project_key, project_id, project_path, repository
),

-- A project none of whose sessions lies in a folder of its own name was moved: they lie in that of another.
homes as (
    select
        project_id,
        min(repository) as repository
    from sessions
    where is_project_folder
    group by project_id
    having min(project_key) = max(project_key)
),

moves as (
    select
        sessions.project_key,
        min(homes.repository) as repository
    from sessions
    inner join homes on sessions.project_id = homes.project_id
    where sessions.project_path is not null
    group by sessions.project_key
    having not bool_or(sessions.is_project_folder)
),

activity as (
    select
        session_project_key as project_key,
        coalesce(min(written_at), min(event_at)) as first_active_at,
        coalesce(max(written_at), max(event_at)) as last_active_at,
        count(distinct session_id) filter (where role is not null or is_human_prompt) as sessions,
        count(*) filter (where role in ('user', 'assistant')) as messages,
        count(*) filter (where is_human_prompt) as prompts
    from entries
    group by session_project_key
),

latest as (
    select max(last_active_at) as latest_at from activity
),

usage as (
    select
        project_key,
        count(*) as api_messages,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd
    from {{ ref('fct_api_messages') }}
    group by project_key
)

select
    folders.project_key,
    folders.project_id,
    folders.project_path,
    coalesce(nullif(regexp_extract(folders.project_path, '([^/\\]+)[/\\]*$', 1), ''), folders.project_id)
        as project_name,
    coalesce(moves.repository, folders.repository) as repository,
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
inner join folders on activity.project_key = folders.project_key and folders.preference = 1
left join moves on activity.project_key = moves.project_key
left join usage on activity.project_key = usage.project_key
