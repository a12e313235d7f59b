{%- set relations = [
    ('raw', source('raw', 'conversations')),
    ('raw', source('raw', 'content_blocks')),
    ('raw', source('raw', 'rejects')),
    ('staging', ref('stg_conversations')),
    ('staging', ref('stg_messages')),
    ('staging', ref('stg_tool_calls')),
    ('intermediate', ref('int_messages_enriched')),
    ('intermediate', ref('int_tool_usage')),
    ('intermediate', ref('int_sessions_computed')),
    ('marts', ref('dim_projects')),
    ('marts', ref('dim_sessions')),
    ('marts', ref('fct_messages')),
    ('marts', ref('fct_api_messages')),
    ('marts', ref('fct_tool_calls')),
    ('marts', ref('fct_file_operations')),
] %}

{% for layer, relation in relations %}
    select
        '{{ layer }}' as layer,
        '{{ relation.identifier }}' as relation,
        count(*) as row_count
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
