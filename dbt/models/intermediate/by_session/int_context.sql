-- A fork's context holds what it copied, so copies are rows of the fork too.
with entries as (
    select
        document_id,
        session_id,
        project_id,
        host,
        generation,
        source_offset,
        event_at,
        is_compact_summary,
        is_human_prompt,
        attached_characters,
        -- The context begins again with each compaction.
        count(*) filter (where subtype = 'compact_boundary') over (
            partition by session_id order by generation, source_offset
            rows between unbounded preceding and current row
        ) as compaction
    from {{ ref('stg_conversations') }}
    where agent_id is null and not is_sidechain and {{ touched('session_id') }}
),

responses as (
    select
        entries.session_id,
        entries.compaction,
        usage_rows.message_id,
        min(entries.generation) as generation,
        min(entries.source_offset) as source_offset,
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
        max(prompt_tokens) as context_tokens,
        count(*) as responses
    from responses
    group by session_id, compaction
),

blocks as (
    select * from {{ ref('stg_content_blocks') }}
    where agent_id is null and not is_sidechain and {{ touched('session_id') }}
),

calls as (
    select
        session_id,
        tool_use_id,
        max(tool_name) as tool_name
    from blocks
    where kind = 'tool_use'
    group by session_id, tool_use_id
),

parts as (
    select
        entries.session_id,
        entries.compaction,
        entries.generation,
        entries.source_offset,
        entries.event_at,
        case
            when blocks.kind = 'thinking' then 'thinking'
            when blocks.kind = 'tool_use' then 'calls'
            when blocks.kind = 'tool_result' and calls.tool_name in ('Read', 'NotebookRead') then 'files read'
            when blocks.kind = 'tool_result' then 'results'
            when blocks.role = 'assistant' then 'answers'
            when entries.is_compact_summary then 'summaries'
            when entries.is_human_prompt then 'prompts'
            else 'notes'
        end as part,
        coalesce(blocks.tool_name, calls.tool_name) as tool_name,
        -- Newer transcripts leave thinking empty and count its tokens: four characters each.
        case
            when blocks.kind = 'thinking' then greatest(blocks.characters, 4 * responses.thinking_tokens)
            else blocks.characters
        end as characters
    from blocks
    inner join entries on blocks.document_id = entries.document_id
    left join calls on blocks.session_id = calls.session_id and blocks.tool_use_id = calls.tool_use_id
    left join responses
        on
            blocks.kind = 'thinking'
            and entries.session_id = responses.session_id
            and entries.compaction = responses.compaction
            and blocks.message_id = responses.message_id
    union all
    -- A picture takes some 1500 tokens.
    select
        entries.session_id,
        entries.compaction,
        entries.generation,
        entries.source_offset,
        entries.event_at,
        'pictures' as part,
        cast(null as string) as tool_name,
        6000 * blocks.pictures as characters
    from blocks
    inner join entries on blocks.document_id = entries.document_id
    where blocks.pictures > 0
    union all
    select
        session_id,
        compaction,
        generation,
        source_offset,
        event_at,
        'notes' as part,
        cast(null as string) as tool_name,
        attached_characters as characters
    from entries
    where attached_characters > 0
),

firsts as (
    select * from (
        select
            session_id,
            generation,
            source_offset,
            prompt_tokens,
            row_number() over (partition by session_id order by generation, source_offset) as response_number
        from responses
    ) as numbered
    where response_number = 1
),

-- What the first request held beyond what was written before it, at four characters a token.
systems as (
    select
        firsts.session_id,
        greatest(firsts.prompt_tokens - cast(coalesce(sum(parts.characters), 0) / 4 as bigint), 0) as system_tokens
    from firsts
    left join parts
        on
            firsts.session_id = parts.session_id
            and (
                firsts.generation > parts.generation
                or (firsts.generation = parts.generation and firsts.source_offset > parts.source_offset)
            )
    group by firsts.session_id, firsts.prompt_tokens
),

filled as (
    select
        session_id,
        compaction,
        part,
        coalesce(tool_name, '') as tool_name,
        count(*) as pieces,
        sum(characters) as characters,
        sum(sum(characters)) over (partition by session_id, compaction) as all_characters
    from parts
    where characters > 0
    group by session_id, compaction, part, coalesce(tool_name, '')
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
    filled.part,
    nullif(filled.tool_name, '') as tool_name,
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
    'system prompt and tools' as part,
    cast(null as string) as tool_name,
    1 as pieces,
    0 as characters,
    least(contexts.context_tokens, systems.system_tokens) as tokens,
    contexts.context_tokens
from contexts
inner join systems on contexts.session_id = systems.session_id
inner join begun on contexts.session_id = begun.session_id and contexts.compaction = begun.compaction
