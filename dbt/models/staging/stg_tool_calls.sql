with blocks as (
    select * from {{ ref('stg_content_blocks') }}
)

select
    coalesce(nullif(tool_use_id, ''), document_id || ':' || block_index) as tool_use_id,
    document_id,
    block_index,
    session_id,
    project_id,
    host,
    stream,
    generation,
    source_offset,
    message_id,
    agent_id,
    is_sidechain,
    kind = 'tool_result' as is_result,
    tool_name,
    is_error,
    subject,
    error_text,
    error_class,
    is_rejected,
    file_path,
    lines_added,
    lines_removed,
    coalesce(opens_pull_request, false) as opens_pull_request,
    pull_request,
    pull_request_url,
    check_kind,
    reports_failure,
    commit_hash,
    commit_subject,
    characters,
    event_at,
    written_at
from blocks
-- Tools that the API runs itself (server_tool_use) are no calls of Claude Code's.
where kind in ('tool_use', 'tool_result')
