{#- The next call of the same tool came soon, on the same file if it is one. -#}
{% macro retried_calls() -%}
with failed as (
    select * from calls
    -- A command that ended with an exit code has told something.
    where is_failed and coalesce(error_class, '') <> 'exit code'
),

repeated as (
    select * from failed
    where exists (
        select 1 from calls
        where
            calls.session_id = failed.session_id
            and calls.thread = failed.thread
            and calls.tool_name = failed.tool_name
            and coalesce(calls.file_path, '') = coalesce(failed.file_path, '')
            and calls.call_number > failed.call_number
            and calls.call_number <= failed.call_number + 3
    )
),

messages_called as (
    select
        message_id,
        count(*) as calls_of_message
    from calls
    where message_id in (select repeated.message_id from repeated)
    group by message_id
)

select
    'failed call tried again' as kind,
    repeated.tool_use_id as entry,
    repeated.session_id,
    messages.model,
    repeated.started_at as found_at,
    repeated.day,
    repeated.tool_name as what,
    (messages.prompt_tokens + messages.output_tokens) / messages_called.calls_of_message as tokens,
    messages.cost_usd / messages_called.calls_of_message as usd
from repeated
inner join messages on repeated.message_id = messages.message_id
inner join messages_called on repeated.message_id = messages_called.message_id
{%- endmacro %}

{#- Files whose text the thread had read before; it costs what it costs to write to the cache. -#}
{% macro read_again() -%}
with readings as (
    select
        *,
        count(*) filter (where is_change) over (
            partition by session_id, file_path order by started_at, tool_use_id
            rows between unbounded preceding and current row
        ) as changes
    from on_files
    where is_change or is_reading
),

read_after as (
    select
        *,
        lag(changes) over by_time as previous_changes,
        lag(result_characters) over by_time as previous_characters,
        lag(started_at) over by_time as previous_at
    from readings
    where is_reading
    window by_time as (partition by session_id, thread, file_path order by started_at, tool_use_id)
)

select
    'file read again unchanged' as kind,
    read_after.tool_use_id as entry,
    read_after.session_id,
    messages.model,
    read_after.started_at as found_at,
    read_after.day,
    read_after.file_path as what,
    read_after.result_characters / 4 as tokens,
    read_after.result_characters / 4 * messages.cache_write_usd_per_mtok / 1000000 as usd
from read_after
inner join messages on read_after.message_id = messages.message_id
where
    read_after.changes = read_after.previous_changes
    and read_after.result_characters = read_after.previous_characters
    and not exists (
        select 1 from compactions
        where
            compactions.session_id = read_after.session_id
            and compactions.thread = read_after.thread
            and compactions.compacted_at > read_after.previous_at
            and compactions.compacted_at <= read_after.started_at
    )
{%- endmacro %}

{#- One short answer, without a tool, by a model of four times the price of the cheapest one in use. -#}
{% macro oversized() -%}
with prices as (
    select
        model,
        valid_from,
        valid_to,
        output_usd_per_mtok
    from {{ ref('dim_model_prices') }}
    where variant = 'standard' and prompt_tokens_over < 0 and output_usd_per_mtok > 0
),

cheapest as (
    select min(output_usd_per_mtok) as output_usd_per_mtok from prices
),

answered as (
    select
        prompt_entry_id,
        session_id,
        min(model) as model,
        min(sent_at) as sent_at,
        min(day) as day,
        sum(prompt_tokens + output_tokens) as tokens,
        sum(output_tokens) as output_tokens,
        sum(cost_usd) as cost_usd,
        count(*) as responses
    from messages
    where prompt_entry_id is not null
    group by prompt_entry_id, session_id
)

select
    'expensive model for a small prompt' as kind,
    answered.prompt_entry_id as entry,
    answered.session_id,
    answered.model,
    answered.sent_at as found_at,
    answered.day,
    substring(asked.prompt, 1, 80) as what,
    answered.tokens,
    -- Spark would leave six decimals of a product of decimals.
    cast(answered.cost_usd as double)
    * (1 - cast(cheapest.output_usd_per_mtok as double) / prices.output_usd_per_mtok) as usd
from answered
inner join {{ ref('fct_prompts') }} as asked on answered.prompt_entry_id = asked.entry_id
inner join prices
    on
        answered.model = prices.model
        and cast(answered.sent_at as date) >= prices.valid_from
        and cast(answered.sent_at as date) < prices.valid_to
cross join cheapest
where
    asked.prompt_length <= 200
    and answered.responses = 1
    and answered.output_tokens <= 500
    and prices.output_usd_per_mtok >= 4 * cheapest.output_usd_per_mtok
    and not exists (
        select 1 from calls
        inner join messages on calls.message_id = messages.message_id
        where messages.prompt_entry_id = answered.prompt_entry_id
    )
{%- endmacro %}

{#- A compaction soon after another, with its summary and the new context. -#}
{% macro compacted_again() -%}
with loops as (
    select
        compactions.entry_id,
        compactions.session_id,
        compactions.compacted_at,
        compactions.day,
        count(*) filter (
            where coalesce(messages.agent_id, '') = compactions.thread
            and messages.sent_at > compactions.previous_at
            and messages.sent_at <= compactions.compacted_at
        ) as responses_between,
        max(messages.model) as model,
        sum(case
            when
                messages.agent_id like 'acompact-%'
                and messages.sent_at > compactions.previous_at
                and messages.sent_at <= compactions.compacted_at
                then messages.cost_usd
            when
                messages.cache_break_cause = 'compaction'
                and messages.sent_at > compactions.compacted_at
                and messages.sent_at <= compactions.next_at
                then messages.cache_break_usd
            else 0
        end) as usd
    from compactions
    inner join messages on compactions.session_id = messages.session_id
    where compactions.previous_at is not null
    group by compactions.entry_id, compactions.session_id, compactions.compacted_at, compactions.day
)

select
    'compaction loop' as kind,
    entry_id as entry,
    session_id,
    model,
    compacted_at as found_at,
    day,
    responses_between || ' responses after the last' as what,
    cast(null as bigint) as tokens,
    usd
from loops
where responses_between <= 10
{%- endmacro %}
