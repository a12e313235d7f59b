with corrected as (
    select * from {{ ref('stg_corrected_times') }}
),

source as (
    select
        rows_taken.*,
        corrected.corrected_at
    from {{ source('raw', 'content_blocks') }} as rows_taken
    left join corrected on rows_taken._id = corrected.document_id
)

select
    _id as document_id,
    block_index,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    role,
    message_id,
    agent_id,
    is_sidechain,
    kind,
    tool_use_id,
    tool_name,
    is_error,
    subject,
    error_text,
    error_class,
    is_rejected,
    file_path,
    lines_added,
    lines_removed,
    opens_pull_request,
    pull_request,
    pull_request_url,
    check_kind,
    reports_failure,
    commit_hash,
    commit_subject,
    characters,
    pictures,
    coalesce(corrected_at, {{ in_utc('event_at') }}) as event_at,
    case when not is_clock_wrong then {{ in_utc('timestamp') }} end as written_at
from source
