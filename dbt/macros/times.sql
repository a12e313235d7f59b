{#- Times are plain timestamps in UTC from staging on, so that no session's time zone changes a result. -#}
{% macro in_utc(column) -%}
    {{ adapter.dispatch("in_utc", "cca")(column) }}
{%- endmacro %}

{#- By its microseconds: `at time zone` asks a library of calendars for each row, which takes twenty times as long. -#}
{% macro default__in_utc(column) -%}
    make_timestamp(epoch_us(cast({{ column }} as timestamptz)))
{%- endmacro %}

{% macro spark__in_utc(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{#- A UTC time on the clock of the TIMEZONE of reports. -#}
{% macro on_the_clock(column) -%}
    {{ adapter.dispatch("on_the_clock", "cca")(column, env_var("TIMEZONE", "UTC")) }}
{%- endmacro %}

{#- The zone is compared in SQL, as a prepared statement serves every zone. The engine decides it once. -#}
{% macro default__on_the_clock(column, zone) -%}
    case
        when '{{ zone }}' = 'UTC' then {{ column }}
        else make_timestamptz(epoch_us({{ column }})) at time zone '{{ zone }}'
    end
{%- endmacro %}

{% macro spark__on_the_clock(column, zone) -%}
    from_utc_timestamp({{ column }}, '{{ zone }}')
{%- endmacro %}

{#- The calendar day of a UTC time in the TIMEZONE of reports. -#}
{% macro report_day(column) -%}
    cast({{ on_the_clock(column) }} as date)
{%- endmacro %}

{#- The hour of a UTC time on the clock of the TIMEZONE of reports. -#}
{% macro report_hour(column) -%}
    date_trunc('hour', {{ on_the_clock(column) }})
{%- endmacro %}

{#- The same hour as an instant in UTC: where clocks are set back, one hour of the clock is two. -#}
{% macro hour_start(column) -%}
    {{ column }} - ({{ on_the_clock(column) }} - {{ report_hour(column) }})
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}
    ({{ microseconds_of(later) }} - {{ microseconds_of(earlier) }}) / 1000000.0
{%- endmacro %}

{#- Microseconds since 1970, which dbt's datediff in seconds would lose. -#}
{% macro microseconds_of(time) -%}
    {{ adapter.dispatch("microseconds_of", "cca")(time) }}
{%- endmacro %}

{% macro default__microseconds_of(time) -%}
    epoch_us({{ time }})
{%- endmacro %}

{% macro spark__microseconds_of(time) -%}
    unix_micros({{ time }})
{%- endmacro %}

{#- The same, never negative where clocks stepped back; null without either time, which greatest() would make 0. -#}
{% macro seconds_from_to(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }} then {{ seconds_between(earlier, later) }}
        when {{ later }} < {{ earlier }} then 0
    end
{%- endmacro %}
