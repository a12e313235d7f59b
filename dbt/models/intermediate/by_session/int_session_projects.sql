with entries as (
    select
        document_id,
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
        session_id,
        {{ first_by("project_id", [
            "is_sidechain", "-" ~ microseconds_of("event_at"), "-" ~ microseconds_of("ingested_at"), "project_id",
        ]) }} as project_id
    from entries
    group by session_id
),

-- The first directory of its main file, and of those the one that the project folder was made of.
firsts as (
    select
        entries.session_id,
        min(entries.user_name) as home_of,
        {{ first_by("entries.document_id", [
            "not entries.is_project_folder", "entries.is_sidechain", "entries.stream", "entries.generation",
            "entries.source_offset",
        ]) }} as document_id
    from entries
    inner join newest on entries.session_id = newest.session_id and entries.project_id = newest.project_id
    where entries.cwd is not null
    group by entries.session_id
),

folders as (
    select
        entries.session_id,
        entries.cwd,
        entries.project_key,
        entries.repository,
        entries.is_project_folder,
        firsts.home_of
    from firsts
    inner join entries on firsts.document_id = entries.document_id
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
left join folders on newest.session_id = folders.session_id
