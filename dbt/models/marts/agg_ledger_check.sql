with states as (
    select
        *,
        row_number() over (
            partition by session_id order by generation desc, source_offset desc, stream asc
        ) as recency
    from {{ ref('stg_entry_details') }}
    where entry_type = 'cost-state'
),

-- The last line holds all: the ledger adds up over a session's runs.
ledgers as (
    select * from states
    where recency = 1 and ledger_cost_usd is not null
),

own as (
    select
        session_id,
        cast(sum(cost_usd) as decimal(18, 10)) as cost_usd,
        cast(sum(cost_usd_with_web_search) as decimal(18, 10)) as cost_usd_with_web_search
    from {{ ref('fct_api_messages') }}
    group by session_id
),

-- A fork's ledger goes on from its parent's.
repeated as (
    select
        rows.session_id,
        cast(sum(messages.cost_usd) as decimal(18, 10)) as cost_usd
    from (
        select distinct
            session_id,
            message_id
        from {{ ref('stg_api_usage') }}
        where
            session_id in (
                select repeats.session_id from {{ ref('int_session_beginnings') }} as repeats
                where repeats.lineage is not null
            )
    ) as rows
    inner join {{ ref('fct_api_messages') }} as messages on rows.message_id = messages.message_id
    group by rows.session_id
),

compared as (
    select
        ledgers.session_id,
        ledgers.project_id,
        ledgers.ledger_cost_usd,
        cast(coalesce(own.cost_usd, 0) as decimal(18, 10)) as own_cost_usd,
        cast(coalesce(own.cost_usd_with_web_search, 0) as decimal(18, 10)) as own_cost_usd_with_web_search,
        cast(coalesce(repeated.cost_usd, 0) as decimal(18, 10)) as cost_usd_with_copies,
        ledgers.ledger_lines_added,
        ledgers.ledger_lines_removed,
        ledgers.has_unknown_model
    from ledgers
    left join own on ledgers.session_id = own.session_id
    left join repeated on ledgers.session_id = repeated.session_id
)

select
    *,
    case
        when
            abs(ledger_cost_usd - own_cost_usd) < 0.000001
            or abs(ledger_cost_usd - own_cost_usd_with_web_search) < 0.000001
            or abs(ledger_cost_usd - cost_usd_with_copies) < 0.000001 then 'equal'
        when ledger_cost_usd > own_cost_usd then 'ledger higher'
        else 'transcript higher'
    end as verdict
from compared
