with corrected as (
    select * from {{ ref('stg_corrected_times') }}
),

source as (
    select
        rows_taken.*,
        corrected.corrected_at
    from {{ source('raw', 'conversations') }} as rows_taken
    left join corrected on rows_taken._id = corrected.document_id
)

select
    _id as document_id,
    coalesce(nullif(uuid, ''), _id) as entry_id,
    nullif(uuid, '') as uuid,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    source_file,
    coalesce(type, 'unknown') as entry_type,
    subtype,
    parent_uuid,
    role,
    message_id,
    request_id,
    entry_session_id,
    model,
    stop_reason,
    has_usage,
    agent_id,
    cwd,
    git_branch,
    user_name,
    version,
    entrypoint,
    pull_request,
    pull_request_url,
    is_sidechain,
    is_meta,
    is_compact_summary,
    is_api_error,
    prompt_source,
    origin_kind,
    web_search_requests,
    speaker,
    message_kind,
    coalesce(is_human_prompt, false) as is_human_prompt,
    prompt_text,
    command,
    headline,
    task_category,
    coalesce(is_correction, false) as is_correction,
    project_key,
    repository,
    coalesce(is_project_folder, false) as is_project_folder,
    text,
    length(text) as text_length,
    attached_characters,
    coalesce(corrected_at, {{ in_utc('event_at') }}) as event_at,
    case when not is_clock_wrong then {{ in_utc('timestamp') }} end as written_at,
    is_clock_wrong,
    {{ in_utc('ingested_at') }} as ingested_at,
    load_seq
from source
