{{ config(materialized=in_place('view')) }}
with tools as (
    select * from {{ ref('dim_tools') }}
    where is_mcp
),

efficiency as (
    select * from {{ ref('agg_tool_efficiency') }}
)

select
    efficiency.tool_name,
    coalesce(tools.mcp_server, 'unknown') as mcp_server,
    coalesce(tools.mcp_tool, efficiency.tool_name) as mcp_tool,
    efficiency.calls,
    efficiency.errors,
    efficiency.rejections,
    efficiency.success_rate,
    efficiency.sessions,
    efficiency.p50_duration_ms,
    efficiency.p95_duration_ms,
    tools.first_used_at,
    tools.last_used_at
from efficiency
inner join tools on efficiency.tool_name = tools.tool_name
