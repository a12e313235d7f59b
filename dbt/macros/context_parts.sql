{#- The entries of each session's main thread, each with how often the context was compacted before it. -#}
{% macro context_entries() -%}
with own_entries as (
    select
        document_id,
        session_id,
        project_id,
        host,
        generation,
        source_offset,
        event_at,
        subtype,
        is_compact_summary,
        is_human_prompt,
        attached_characters
    from {{ ref('stg_conversations') }}
    where agent_id is null and not is_sidechain and {{ touched('session_id') }}
),

-- Few sessions were compacted, and only theirs need an order.
compacted as (
    select distinct session_id from own_entries
    where subtype = 'compact_boundary'
),

numbered as (
    select
        own_entries.*,
        0 as compaction
    from own_entries
    where own_entries.session_id not in (select compacted.session_id from compacted)
    union all
    select
        own_entries.*,
        -- The context begins again with each compaction.
        count(*) filter (where own_entries.subtype = 'compact_boundary') over (
            partition by own_entries.session_id order by own_entries.generation, own_entries.source_offset
            rows between unbounded preceding and current row
        ) as compaction
    from own_entries
    inner join compacted on own_entries.session_id = compacted.session_id
)

select * from numbered
{%- endmacro %}

{#- What fills contexts, by where it stands; entries and responses are relations of int_context. -#}
{% macro context_parts() -%}
with blocks as (
    select
        *,
        -- A join that asks for the kind of one side compares every row with every other.
        case when kind = 'thinking' then message_id end as thinking_message_id
    from {{ ref('stg_content_blocks') }}
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
            entries.session_id = responses.session_id
            and entries.compaction = responses.compaction
            and blocks.thinking_message_id = responses.message_id
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
)

select * from parts
{%- endmacro %}

{#- What the first request held beyond what was written before it, at four characters a token. -#}
{% macro system_tokens() -%}
with firsts as (
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
)

select
    firsts.session_id,
    greatest(
        firsts.prompt_tokens - cast(round(coalesce(sum(parts.characters) filter (
            where
            firsts.generation > parts.generation
            or (firsts.generation = parts.generation and firsts.source_offset > parts.source_offset)
        ), 0) / 4) as bigint), 0
    ) as system_tokens
from firsts
left join parts on firsts.session_id = parts.session_id
group by firsts.session_id, firsts.prompt_tokens
{%- endmacro %}
