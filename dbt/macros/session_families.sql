{#-
Sessions that share a uuid, an API message or a tool call with another, directly or through others,
each with the one that stands for the family. Hashes instead of texts: a false match would only
rebuild a session too many.
-#}
{% macro session_families(entries, calls) -%}
    {{ adapter.dispatch("session_families", "cca")(entries, calls) }}
{%- endmacro %}

{#- Spark builds everything whole, and needs to know of no families. -#}
{% macro spark__session_families(entries, calls) -%}
    select session_id, session_id as family_id from {{ entries }} where false
{%- endmacro %}

{% macro default__session_families(entries, calls) -%}
    {%- set keys = [[entries, "uuid"], [entries, "message_id"], [calls, "tool_use_id"]] %}
    with keys as (
        {%- for rows, shared in keys %}
            select
                session_id,
                {{ hash_of("session_id") }} as session_key,
                {{ hash_of(shared) }} as shared_key
            from {{ rows }}
            where {{ shared }} is not null
            {% if not loop.last %}union all{% endif %}
        {%- endfor %}
    ),

    shared as (
        select
            shared_key,
            min(session_key) as first_key
        from keys
        group by shared_key
        having min(session_key) <> max(session_key)
    ),

    linked_keys as (
        select distinct
            keys.session_id,
            shared.first_key
        from keys
        inner join shared on keys.shared_key = shared.shared_key
        where keys.session_key <> shared.first_key
    ),

    sessions as (
        select distinct
            session_id,
            {{ hash_of("session_id") }} as session_key
        from {{ entries }}
    ),

    links as (
        select
            linked_keys.session_id,
            sessions.session_id as first_session_id
        from linked_keys
        inner join sessions on linked_keys.first_key = sessions.session_key
    ),

    relatives as (
        select
            session_id,
            first_session_id as relative_id
        from links
        union all
        select
            first_session_id as session_id,
            session_id as relative_id
        from links
    )

    {{ connected("relatives", "session_id", "relative_id") }}
{%- endmacro %}
