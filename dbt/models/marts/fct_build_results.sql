{{ config(materialized=in_place('view')) }}
{%- if target.type == 'spark' %}
-- The warehouse keeps the results of its own builds; Spark has no such warehouse.
select
    cast(null as timestamp) as build_at,
    cast(null as date) as day,
    cast(null as bigint) as load_number,
    cast(null as boolean) as is_repeated,
    cast(null as string) as node,
    cast(null as string) as kind,
    cast(null as string) as status,
    cast(null as double) as seconds,
    cast(null as bigint) as row_count,
    cast(null as bigint) as failures
where false
{%- else %}
with runs as (
    select * from {{ source('meta', 'node_runs') }}
)

select
    {{ in_utc('began_at') }} as build_at,
    {{ report_day(in_utc('began_at')) }} as day,
    load_seq as load_number,
    is_repeated,
    node,
    kind,
    status,
    seconds,
    row_count,
    failures
from runs
{%- endif %}
