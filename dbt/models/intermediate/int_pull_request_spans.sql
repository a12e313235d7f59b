{{ config(materialized=in_place('view')) }}
-- A branch's pull request has all of the branch: what came before it was opened, and after the last one
-- also what followed. On the main branch, or where the branch is unknown, a session's work before it
-- opens one belongs to that.
with links as (
    select
        links.pull_request,
        links.linked_at,
        links.git_branch is not null as is_of_branch,
        {{ pull_request_scope('projects.repository', 'links.git_branch', 'links.session_id') }} as branch_scope,
        'session ' || links.session_id as session_scope
    from {{ ref('int_pull_request_links') }} as links
    inner join {{ ref('int_session_projects') }} as projects on links.session_id = projects.session_id
),

scoped as (
    select
        branch_scope as scope,
        pull_request,
        linked_at,
        true as is_open
    from links
    where is_of_branch
    union all
    select
        session_scope as scope,
        pull_request,
        linked_at,
        false as is_open
    from links
),

-- Sessions that link the same again say nothing new.
opened as (
    select
        scope,
        pull_request,
        is_open,
        min(linked_at) as linked_at
    from scoped
    group by scope, pull_request, is_open
),

in_order as (
    select
        *,
        lag(linked_at) over (partition by scope order by linked_at asc, pull_request asc) as linked_before,
        lead(linked_at) over (partition by scope order by linked_at asc, pull_request asc) as linked_after
    from opened
)

select
    scope,
    pull_request,
    coalesce(linked_before, timestamp '1970-01-01') as after_at,
    case when is_open and linked_after is null then timestamp '9999-12-31' else linked_at end as until_at
from in_order
