with entries as (
    select * from {{ ref('stg_conversations') }}
    where {{ touched('session_id') }}
),

blocks as (
    select * from {{ ref('stg_tool_calls') }}
    where {{ touched('session_id') }}
),

-- Claude Code writes a link for each pull request that a session opens; older ones only show the call.
linked as (
    select
        session_id,
        pull_request,
        pull_request_url,
        stream,
        generation,
        source_offset,
        event_at
    from entries
    where pull_request is not null
    union all
    select
        results.session_id,
        results.pull_request,
        results.pull_request_url,
        results.stream,
        results.generation,
        results.source_offset,
        results.event_at
    from blocks as results
    inner join blocks as calls on results.tool_use_id = calls.tool_use_id and results.session_id = calls.session_id
    inner join {{ ref('int_tool_usage') }} as owners
        on calls.tool_use_id = owners.tool_use_id and calls.session_id = owners.session_id
    where results.pull_request is not null and calls.opens_pull_request
),

ranked as (
    select
        *,
        max(pull_request_url) over (partition by session_id, pull_request) as any_url,
        row_number() over (
            partition by session_id, pull_request
            order by event_at asc, stream asc, generation asc, source_offset asc
        ) as link_number
    from linked
),

-- A link says no branch: it is the one that the entries before it were written on.
branches as (
    select
        ranked.session_id,
        ranked.pull_request,
        entries.git_branch,
        row_number() over (
            partition by ranked.session_id, ranked.pull_request
            order by entries.generation desc, entries.source_offset desc
        ) as from_link
    from ranked
    inner join entries
        on
            ranked.session_id = entries.session_id
            and ranked.stream = entries.stream
            and (
                ranked.generation > entries.generation
                or (ranked.generation = entries.generation and ranked.source_offset >= entries.source_offset)
            )
    where ranked.link_number = 1 and entries.git_branch is not null
)

select
    ranked.session_id,
    ranked.pull_request,
    ranked.any_url as pull_request_url,
    case when {{ is_own_branch('branches.git_branch') }} then branches.git_branch end as git_branch,
    ranked.event_at as linked_at
from ranked
left join branches
    on
        ranked.session_id = branches.session_id
        and ranked.pull_request = branches.pull_request
        and branches.from_link = 1
where ranked.link_number = 1
