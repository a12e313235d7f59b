{#- Times are plain timestamps in UTC from staging on, so that no session's time zone changes a result. -#}
{% macro in_utc(column) -%}
    {%- if target.type == "spark" -%}
        cast({{ column }} as timestamp)
    {%- else -%}
        cast({{ column }} as timestamptz) at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}

{#- A UTC time on the clock of the TIMEZONE of reports. -#}
{% macro on_the_clock(column) -%}
    {%- set zone = env_var("TIMEZONE", "UTC") -%}
    {%- if target.type == "spark" -%}
        from_utc_timestamp({{ column }}, '{{ zone }}')
    {%- else -%}
        ({{ column }} at time zone 'UTC') at time zone '{{ zone }}'
    {%- endif -%}
{%- endmacro %}

{#- The calendar day of a UTC time in the TIMEZONE of reports. -#}
{% macro report_day(column) -%}
    cast({{ on_the_clock(column) }} as date)
{%- endmacro %}

{#- The hour of a UTC time on the clock of the TIMEZONE of reports. -#}
{% macro report_hour(column) -%}
    date_trunc('hour', {{ on_the_clock(column) }})
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}
    {%- set microseconds = "unix_micros" if target.type == "spark" else "epoch_us" -%}
    ({{ microseconds }}({{ later }}) - {{ microseconds }}({{ earlier }})) / 1000000.0
{%- endmacro %}

{#- The same, never negative where clocks stepped back; null without either time, which greatest() would make 0. -#}
{% macro seconds_from_to(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }} then {{ seconds_between(earlier, later) }}
        when {{ later }} < {{ earlier }} then 0
    end
{%- endmacro %}
