{{ config(materialized=in_place('view')) }}
select * from {{ ref('int_priced_messages') }}
