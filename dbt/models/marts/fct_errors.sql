{{ config(materialized=in_place('view')) }}
with calls as (
    select
        tool_use_id as error_id,
        session_id,
        project_id,
        project_key,
        host,
        'tool' as source,
        tool_name,
        error_class,
        started_at as failed_at,
        day,
        hour_at
    from {{ ref('fct_tool_calls') }}
    where is_failed
),

api_errors as (
    select
        entry_id as error_id,
        session_id,
        project_id,
        project_key,
        host,
        'api' as source,
        cast(null as string) as tool_name,
        'api error' as error_class,
        sent_at as failed_at,
        day,
        hour_at
    from {{ ref('fct_messages') }}
    where is_api_error or (kind = 'system' and subtype = 'api_error')
)

select * from calls
union all
select * from api_errors
