with links as (
    select
        links.*,
        projects.project_id,
        projects.project_key,
        row_number() over (
            partition by links.pull_request order by links.linked_at asc, links.session_id asc
        ) as link_number
    from {{ ref('int_pull_request_links') }} as links
    inner join {{ ref('int_session_projects') }} as projects on links.session_id = projects.session_id
),

named as (
    select
        pull_request,
        max(pull_request_url) as pull_request_url,
        min(git_branch) as git_branch,
        count(*) as linking_sessions
    from links
    group by pull_request
),

usage as (
    select
        pull_request,
        count(*) as api_messages,
        count(distinct session_id) as sessions,
        count(distinct prompt_entry_id) as prompts,
        min(sent_at) as first_response_at,
        max(sent_at) as last_response_at,
        {{ listed('model') }} as models,
        cast(sum(prompt_tokens) as bigint) as prompt_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search
    from {{ ref('fct_api_messages') }}
    where pull_request is not null
    group by pull_request
)

select
    links.pull_request,
    named.pull_request_url,
    split_part(links.pull_request, '#', 1) as repository_name,
    named.git_branch,
    links.session_id,
    links.project_id,
    links.project_key,
    links.linked_at as opened_at,
    {{ report_day('links.linked_at') }} as day,
    named.linking_sessions,
    usage.first_response_at,
    usage.last_response_at,
    coalesce(usage.sessions, 0) as sessions,
    coalesce(usage.prompts, 0) as prompts,
    usage.models,
    coalesce(usage.api_messages, 0) as api_messages,
    coalesce(usage.prompt_tokens, 0) as prompt_tokens,
    coalesce(usage.output_tokens, 0) as output_tokens,
    cast(coalesce(usage.cost_usd, 0) as decimal(18, 10)) as cost_usd,
    cast(coalesce(usage.cost_usd_with_web_search, 0) as decimal(18, 10)) as cost_usd_with_web_search
from links
inner join named on links.pull_request = named.pull_request
left join usage on links.pull_request = usage.pull_request
where links.link_number = 1
