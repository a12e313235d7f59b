with calls as (
    select
        tool_name,
        min(started_at) as first_used_at,
        max(started_at) as last_used_at,
        count(*) as calls,
        count(*) filter (where is_failed) as errors
    from {{ ref('fct_tool_calls') }}
    group by tool_name
),

categories as (
    select * from {{ ref('tool_categories') }}
),

named as (
    select
        *,
        tool_name like 'mcp!_!_%' escape '!' as is_mcp,
        -- mcp__<server>__<tool>: a single underscore occurs in both names.
        regexp_extract(tool_name, '^mcp__(.+?)__(.+)$', 1) as mcp_server,
        regexp_extract(tool_name, '^mcp__(.+?)__(.+)$', 2) as mcp_tool
    from calls
)

select
    named.tool_name,
    case
        when named.is_mcp then 'mcp'
        else coalesce(categories.tool_category, 'other')
    end as tool_category,
    named.is_mcp,
    nullif(named.mcp_server, '') as mcp_server,
    nullif(named.mcp_tool, '') as mcp_tool,
    named.first_used_at,
    named.last_used_at,
    named.calls,
    named.errors
from named
left join categories on named.tool_name = categories.tool_name
