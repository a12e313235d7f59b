{%- set built = load_relation(this.incorporate(path={"identifier": "int_built_sessions"})) %}
with entries as (
    select * from {{ ref('stg_conversations') }}
),

-- What a session is made of: any row that comes, goes or is loaded anew changes it.
contents as (
    select
        session_id,
        hash(
            count(*), sum(load_seq), bit_xor(hash(document_id)), '{{ env_var("CCA_SQL_DIGEST", "") }}', '{{ env_var("TIMEZONE", "UTC") }}'
        ) as fingerprint
    from entries
    group by session_id
),

present as (
    select
        contents.session_id,
        contents.fingerprint,
        coalesce(families.family_id, contents.session_id) as family_id
    from contents
    left join {{ ref('int_session_families') }} as families on contents.session_id = families.session_id
),

built as (
    {% if built and not flags.FULL_REFRESH -%}
    select session_id, fingerprint, family_id from {{ built }}
    {%- else -%}
    select session_id, fingerprint, family_id from present limit 0
    {%- endif %}
),

compared as (
    select
        coalesce(present.session_id, built.session_id) as session_id,
        present.fingerprint,
        present.family_id,
        built.family_id as built_family_id,
        present.fingerprint is distinct from built.fingerprint
        or present.family_id is distinct from built.family_id as is_changed
    from present
    full outer join built on present.session_id = built.session_id
),

-- A session that leaves a family may take with it what the others then have first.
changed_families as (
    select family_id
    from compared
    where is_changed and family_id is not null
    union distinct
    select built_family_id as family_id
    from compared
    where is_changed and built_family_id is not null
)

select
    session_id,
    family_id,
    fingerprint,
    fingerprint is null as is_gone,
    family_id in (select family_id from changed_families)
    or coalesce(built_family_id in (select family_id from changed_families), false)
    or family_id is null as is_touched
from compared
