with entries as (
    select
        session_id,
        project_id,
        cwd,
        project_key,
        repository,
        is_project_folder,
        user_name,
        is_sidechain,
        stream,
        generation,
        source_offset,
        event_at,
        ingested_at
    from {{ ref('stg_conversations') }}
    where {{ touched('session_id') }}
),

-- A session whose file was moved lies in two project folders: the one in which it went on counts.
newest as (
    select
        *,
        row_number() over (
            partition by session_id
            order by is_sidechain asc, event_at desc, ingested_at desc, project_id asc
        ) as place
    from entries
),

-- The first directory of its main file, and of those the one that the project folder was made of.
folders as (
    select
        entries.*,
        min(entries.user_name) over (partition by entries.session_id) as home_of,
        row_number() over (
            partition by entries.session_id
            order by
                entries.is_project_folder desc, entries.is_sidechain asc, entries.stream asc,
                entries.generation asc, entries.source_offset asc
        ) as preference
    from entries
    inner join newest
        on entries.session_id = newest.session_id and entries.project_id = newest.project_id and newest.place = 1
    where entries.cwd is not null
)

select
    newest.session_id,
    newest.project_id,
    folders.cwd as project_path,
    coalesce(folders.project_key, newest.project_id) as project_key,
    coalesce(folders.repository, newest.project_id) as repository,
    coalesce(folders.is_project_folder, false) as is_project_folder,
    folders.home_of as user_name
from newest
left join folders on newest.session_id = folders.session_id and folders.preference = 1
where newest.place = 1
