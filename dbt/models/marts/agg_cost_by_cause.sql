{{ config(materialized=in_place('view')) }}
{#- What a response can be counted for, and the column that says it: the same as cca.gold.measures.causes. -#}
{%- set causes = {
    'skill': "coalesce(skill, 'none')",
    'plugin': "coalesce(plugin, 'none')",
    'mcp_server': "coalesce(mcp_server, 'none')",
    'mcp_tool': "coalesce(mcp_server || '/' || mcp_tool, mcp_server, 'none')",
    'agent': "coalesce(agent_type, case when is_sidechain then 'not said' else 'none' end)",
    'command': "coalesce(command_name, 'none')",
    'category': "coalesce(task_category, 'none')",
    'branch': "coalesce(git_branch, 'none')",
    'pull_request': "coalesce(pull_request, 'none')",
    'effort': "coalesce(effort, 'none')",
    'version': "coalesce(version, 'none')",
    'entrypoint': "coalesce(entrypoint, 'none')",
    'user_name': "coalesce(user_name, 'none')",
} %}

{% for kind, expression in causes.items() %}
    select
        '{{ kind }}' as cause_kind,
        {{ expression }} as cause,
        day,
        project_id,
        coalesce(project_key, project_id) as project_key,
        host,
        coalesce(model, 'unknown') as model,
        count(*) as api_messages,
        cast(sum(prompt_tokens) as bigint) as prompt_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search
    from {{ ref('fct_api_messages') }}
    group by {{ expression }}, day, project_id, coalesce(project_key, project_id), host, coalesce(model, 'unknown')
    {% if not loop.last %}union all{% endif %}
{% endfor %}
