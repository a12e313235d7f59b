{{ config(materialized=in_place('view')) }}
with parts as (
    select * from {{ ref('int_context') }}
),

projects as (
    select * from {{ ref('int_session_projects') }}
)

select
    parts.session_id,
    parts.project_id,
    projects.project_key,
    parts.host,
    cast(parts.compaction as integer) as compaction,
    {{ report_day('parts.begun_at') }} as day,
    parts.model,
    parts.part,
    parts.tool_name,
    cast(parts.pieces as bigint) as pieces,
    cast(parts.characters as bigint) as characters,
    cast(round(parts.tokens) as bigint) as tokens,
    cast(parts.context_tokens as bigint) as context_tokens
from parts
inner join projects on parts.session_id = projects.session_id
