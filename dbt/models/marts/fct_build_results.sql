{{ config(materialized=in_place('view')) }}
with runs as (
    {{ node_runs() }}
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
