with source as (
    select * from {{ source('raw', 'conversations') }}
    where further_usage_json is not null
),

told as (
    select
        _id as document_id,
        {{ each_object('further_usage_json', [
            ('kind', 'string'), ('number', 'bigint'), ('model', 'string'), ('input_tokens', 'bigint'),
            ('output_tokens', 'bigint'), ('cache_creation_tokens', 'bigint'), ('cache_write_5m_tokens', 'bigint'),
            ('cache_write_1h_tokens', 'bigint'), ('cache_read_tokens', 'bigint'), ('thinking_tokens', 'bigint'),
            ('web_search_requests', 'bigint'), ('service_tier', 'string'), ('speed', 'string'),
            ('inference_geo', 'string'),
        ]) }}
    from source
)

select
    document_id,
    kind as usage_kind,
    number as usage_number,
    model,
    coalesce(input_tokens, 0) as input_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    coalesce(cache_creation_tokens, 0) as cache_creation_tokens,
    coalesce(cache_write_5m_tokens, 0) as cache_write_5m_tokens,
    coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
    coalesce(cache_read_tokens, 0) as cache_read_tokens,
    coalesce(thinking_tokens, 0) as thinking_tokens,
    coalesce(web_search_requests, 0) as web_search_requests,
    lower(coalesce(speed, '')) as speed,
    lower(coalesce(service_tier, '')) as service_tier,
    lower(coalesce(inference_geo, '')) as inference_geo
from told
