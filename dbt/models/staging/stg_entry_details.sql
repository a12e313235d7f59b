with source as (
    select * from {{ source('raw', 'conversations') }}
    where details_json is not null
)

select
    _id as document_id,
    session_id,
    project_id,
    stream,
    generation,
    source_offset,
    type as entry_type,
    subtype,
    agent_id,
    {{ json_field('details_json', 'leafUuid') }} as leaf_uuid,
    {{ json_field('details_json', 'forkedFrom') }} as forked_from,
    {{ json_field('details_json', 'commandMode') }} as command_mode,
    {{ json_field('details_json', 'origin') }} as origin_kind,
    {{ json_field('details_json', 'hookName') }} as hook_name,
    {{ json_field('details_json', 'toolDenialKind') }} as tool_denial_kind,
    coalesce({{ json_field('details_json', 'interrupted') }} = 'true', false) as is_interrupted,
    {{ json_field('details_json', 'compactMetadata.trigger') }} as compact_trigger,
    try_cast({{ json_field('details_json', 'compactMetadata.preTokens') }} as bigint) as tokens_before,
    try_cast({{ json_field('details_json', 'compactMetadata.postTokens') }} as bigint) as tokens_after,
    try_cast({{ json_field('details_json', 'compactMetadata.durationMs') }} as bigint) as compact_ms,
    {{ json_field('details_json', 'agentId') }} as result_agent_id,
    {{ json_field('details_json', 'agentType') }} as agent_type,
    {{ json_field('details_json', 'description') }} as agent_description,
    {{ json_field('details_json', 'toolUseId') }} as agent_tool_use_id,
    {{ json_field('details_json', 'parentAgentId') }} as parent_agent_id,
    try_cast({{ json_field('details_json', 'spawnDepth') }} as integer) as spawn_depth,
    try_cast({{ json_field('details_json', 'totalCostUSD') }} as decimal(18, 10)) as ledger_cost_usd,
    try_cast({{ json_field('details_json', 'totalLinesAdded') }} as bigint) as ledger_lines_added,
    try_cast({{ json_field('details_json', 'totalLinesRemoved') }} as bigint) as ledger_lines_removed,
    coalesce({{ json_field('details_json', 'hasUnknownModelCost') }} = 'true', false) as has_unknown_model
from source
