{{ config(materialized=in_place('view')) }}
with works as (
    select
        *,
        cast(date_trunc('week', day) as date) as week_start
    from {{ ref('fct_work') }}
)

select
    week_start,
    model,
    version,
    effort,
    count(*) filter (where is_prompt) as prompts,
    count(*) filter (where is_prompt and is_followed) as followed_prompts,
    cast(
        count(*) filter (where is_prompt and is_followed and is_corrected)
        / nullif(count(*) filter (where is_prompt and is_followed), 0) as double
    ) as correction_rate,
    cast(
        sum(case when is_prompt then interruptions end) / nullif(count(*) filter (where is_prompt), 0) as double
    ) as interruptions_per_prompt,
    cast(
        sum(case when is_prompt then declined_calls end) / nullif(count(*) filter (where is_prompt), 0) as double
    ) as declines_per_prompt,
    cast(sum(ended_calls) as bigint) as ended_calls,
    cast(sum(failed_calls) / nullif(sum(ended_calls), 0) as double) as failure_rate,
    count(*) filter (where edits > 0) as works_with_edits,
    cast(avg(files_read_before_edit) as double) as files_read_before_edit,
    count(*) filter (where seconds_to_first_edit is not null) as timed_edits,
    {{ percentile_of('seconds_to_first_edit', 0.5) }} as p50_seconds_to_first_edit,
    cast(sum(edits) as bigint) as edits,
    cast(sum(repeated_edits) / nullif(sum(edits), 0) as double) as repeated_edit_rate,
    cast(sum(checked_edits) as bigint) as checked_edits,
    cast(sum(one_shot_edits) / nullif(sum(checked_edits), 0) as double) as one_shot_rate,
    cast(sum(measured_responses) as bigint) as measured_responses,
    cast(sum(thinking_tokens) / nullif(sum(measured_responses), 0) as double) as thinking_tokens_per_response,
    cast(sum(changed_lines) as bigint) as changed_lines,
    cast(
        sum(case when changed_lines > 0 then output_tokens end) / nullif(sum(changed_lines), 0) as double
    ) as output_tokens_per_changed_line
from works
group by week_start, model, version, effort
