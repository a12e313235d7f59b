{{ config(post_hook=["{{ drop_tables_by_session() }}", "{{ note_building() }}"]) }}
{%- set built = load_relation(this.incorporate(path={"identifier": "int_built_sessions"})) %}
with entries as (
    select * from {{ ref('stg_conversations') }}
),

calls as (
    select * from {{ ref('stg_tool_calls') }}
),

-- Fingerprint of a session's rows: it changes when any row is added, removed or loaded again.
contents as (
    select
        session_id,
        {{ hash_of(
            "count(*), sum(load_seq), bit_xor(" ~ hash_of("document_id") ~ "), '"
            ~ env_var("CCA_SQL_DIGEST", "") ~ "', '" ~ env_var("TIMEZONE", "UTC") ~ "'"
        ) }} as fingerprint
    from entries
    group by session_id
),

families as (
    {{ session_families("entries", "calls") }}
),

present as (
    select
        contents.session_id,
        contents.fingerprint,
        coalesce(families.family_id, contents.session_id) as family_id
    from contents
    left join families on contents.session_id = families.session_id
),

built as (
    select
        session_id,
        fingerprint,
        family_id
    from {% if built and not flags.FULL_REFRESH %}{{ built }}{% else %}present{% endif %}
    where {{ "true" if built and not flags.FULL_REFRESH else "false" }}
),

compared as (
    select
        coalesce(present.session_id, built.session_id) as session_id,
        present.fingerprint,
        present.family_id,
        built.family_id as built_family_id,
        coalesce(present.fingerprint, 0) <> coalesce(built.fingerprint, 0)
        or coalesce(present.family_id, '') <> coalesce(built.family_id, '') as is_changed
    from present
    full outer join built on present.session_id = built.session_id
),

-- A session that leaves a family may take with it what the others then have first.
changed_families as (
    select family_id from compared
    where is_changed and family_id is not null
    union distinct
    select built_family_id as family_id from compared
    where is_changed and built_family_id is not null
)

select
    compared.session_id,
    compared.family_id,
    compared.fingerprint,
    compared.fingerprint is null as is_gone,
    compared.fingerprint is null
    or now_changed.family_id is not null
    or once_changed.family_id is not null as is_touched
from compared
left join changed_families as now_changed on compared.family_id = now_changed.family_id
left join changed_families as once_changed on compared.built_family_id = once_changed.family_id
