-- A fork's context holds what it copied, so copies are rows of the fork too.
with entries as (
    {{ context_entries() }}
),

responses as (
    select
        entries.session_id,
        entries.compaction,
        usage_rows.message_id,
        min(entries.generation) as generation,
        min(entries.source_offset) as source_offset,
        max(usage_rows.model) as model,
        max(usage_rows.thinking_tokens) as thinking_tokens,
        max(usage_rows.input_tokens) + max(usage_rows.cache_read_tokens) + greatest(
            max(usage_rows.cache_creation_tokens),
            max(usage_rows.cache_write_5m_tokens) + max(usage_rows.cache_write_1h_tokens)
        ) as prompt_tokens
    from {{ ref('stg_api_usage') }} as usage_rows
    inner join entries on usage_rows.document_id = entries.document_id
    where usage_rows.usage_kind = 'message'
    group by entries.session_id, entries.compaction, usage_rows.message_id
),

contexts as (
    select
        session_id,
        compaction,
        max(model) as model,
        max(prompt_tokens) as context_tokens
    from responses
    group by session_id, compaction
),

parts as (
    {{ context_parts() }}
),

systems as (
    {{ system_tokens() }}
),

filled as (
    select
        session_id,
        compaction,
        part,
        coalesce(tool_name, 'none') as tool_name,
        count(*) as pieces,
        sum(characters) as characters,
        sum(sum(characters)) over (partition by session_id, compaction) as all_characters
    from parts
    where characters > 0
    group by session_id, compaction, part, coalesce(tool_name, 'none')
),

begun as (
    select
        session_id,
        compaction,
        min(project_id) as project_id,
        min(host) as host,
        min(event_at) as begun_at
    from entries
    group by session_id, compaction
)

select
    contexts.session_id,
    begun.project_id,
    begun.host,
    contexts.compaction,
    begun.begun_at,
    contexts.model,
    filled.part,
    filled.tool_name,
    filled.pieces,
    filled.characters,
    -- What is known to be in the context, shared out by characters.
    greatest(contexts.context_tokens - systems.system_tokens, 0) * filled.characters / filled.all_characters as tokens,
    contexts.context_tokens
from contexts
inner join systems on contexts.session_id = systems.session_id
inner join begun on contexts.session_id = begun.session_id and contexts.compaction = begun.compaction
inner join filled on contexts.session_id = filled.session_id and contexts.compaction = filled.compaction
union all
select
    contexts.session_id,
    begun.project_id,
    begun.host,
    contexts.compaction,
    begun.begun_at,
    contexts.model,
    'system prompt and tools' as part,
    'none' as tool_name,
    1 as pieces,
    0 as characters,
    least(contexts.context_tokens, systems.system_tokens) as tokens,
    contexts.context_tokens
from contexts
inner join systems on contexts.session_id = systems.session_id
inner join begun on contexts.session_id = begun.session_id and contexts.compaction = begun.compaction
