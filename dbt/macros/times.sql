{#- Times are plain timestamps in UTC from staging on, so that no session's time zone changes a result. -#}
{% macro in_utc(column) -%}
    cast({{ column }} as timestamptz) at time zone 'UTC'
{%- endmacro %}

{#- The calendar day of a UTC time in the TIMEZONE of reports. -#}
{% macro report_day(column) -%}
    cast(({{ column }} at time zone 'UTC') at time zone '{{ env_var("TIMEZONE", "UTC") }}' as date)
{%- endmacro %}

{#- The hour of a UTC time on the clock of the TIMEZONE of reports. -#}
{% macro report_hour(column) -%}
    date_trunc('hour', ({{ column }} at time zone 'UTC') at time zone '{{ env_var("TIMEZONE", "UTC") }}')
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0
{%- endmacro %}

{#- The same, never negative where clocks stepped back; null without either time, which greatest() would make 0. -#}
{% macro seconds_from_to(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }} then {{ seconds_between(earlier, later) }}
        when {{ later }} < {{ earlier }} then 0
    end
{%- endmacro %}
