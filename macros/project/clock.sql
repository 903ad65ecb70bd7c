{#
    The one clock. Days are Python dates while macros compute with them; SQL sees
    literals only, so no engine ever decides what a day is.
#}

{#
    The day as of which everything is built, as a date: the global var
    `as_of_date` (a date or ISO text), else the demo company's day, else the local
    day on which this run started.
    Errors: anything else, a time of day included.
#}
{% macro as_of_date() %}
    {%- set given = crm_segmentation.setting('as_of_date') -%}
    {%- if given is none -%}
        {%- set zone = crm_segmentation.project_time_zone() -%}
        {{ return(run_started_at.astimezone(zone).date()) }}
    {%- endif -%}
    {{ return(crm_segmentation.to_day(given, "var 'as_of_date'")) }}
{% endmacro %}

{# A date from a date or from ISO text; `where` names the place for the error. #}
{% macro to_day(value, where) %}
    {%- if value is string -%}
        {%- if modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}\\Z', value) -%}
            {%- set year = value[:4] | int -%}
            {%- set month = value[5:7] | int -%}
            {%- set day = value[8:] | int -%}
            {%- if year >= 1 and 1 <= month <= 12
                and 1 <= day <= crm_segmentation.days_in_month(year, month) -%}
                {{ return(modules.datetime.date(year, month, day)) }}
            {%- endif -%}
        {%- endif -%}
    {%- elif value is not none and value.isoformat is defined
        and value.hour is not defined -%}
        {{ return(value) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(
        "Not a day in " ~ where ~ ": got '" ~ value
        ~ "'; allowed: a calendar day as YYYY-MM-DD, without a time of day."
    ) }}
{% endmacro %}

{% macro days_in_month(year, month) %}
    {%- if month == 2 -%}
        {%- set leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
        {{ return(29 if leap else 28) }}
    {%- endif -%}
    {{ return(30 if month in [4, 6, 9, 11] else 31) }}
{% endmacro %}

{# `day` moved by a whole number of months, clamped to the month's last day. #}
{% macro add_months(day, months) %}
    {%- set total = day.year * 12 + day.month - 1 + months -%}
    {%- set year = total // 12 -%}
    {%- set month = total % 12 + 1 -%}
    {%- set last = crm_segmentation.days_in_month(year, month) -%}
    {{ return(modules.datetime.date(year, month, [day.day, last] | min)) }}
{% endmacro %}

{# `day` moved by a whole number of days. #}
{% macro add_days(day, days) %}
    {{ return(day + modules.datetime.timedelta(days=days)) }}
{% endmacro %}

{#
    The project's time zone (a pytz zone).
    Errors: a name that pytz does not know.
#}
{% macro project_time_zone() %}
    {%- set name = crm_segmentation.setting('time_zone') -%}
    {%- if name not in modules.pytz.all_timezones_set -%}
        {{ exceptions.raise_compiler_error(
            "Unknown time zone in var 'time_zone': got '" ~ name
            ~ "'; allowed: a name of the tz database, like Europe/Berlin or UTC."
        ) }}
    {%- endif -%}
    {{ return(modules.pytz.timezone(name)) }}
{% endmacro %}

{#
    U(day): the first instant of a local day, as a UTC datetime without zone.
    Where local midnight is skipped (clocks go forward at 00:00) the day begins at
    the instant of the change; where it happens twice, at the first. A day that a
    zone left out altogether (Samoa, 30 December 2011) is empty: it begins where
    the next one does.
#}
{% macro first_instant(day) %}
    {%- set zone = crm_segmentation.project_time_zone() -%}
    {%- set midnight = modules.datetime.datetime(day.year, day.month, day.day) -%}
    {#- Of the two readings of an ambiguous or skipped midnight, the earlier
        instant that already belongs to the day is its first. -#}
    {%- set found = namespace(instant=none) -%}
    {%- for is_dst in [true, false] -%}
        {%- set instant = zone.localize(midnight, is_dst=is_dst)
            .astimezone(modules.pytz.utc) -%}
        {%- if instant.astimezone(zone).date() == day
            and (found.instant is none or instant < found.instant) -%}
            {%- set found.instant = instant -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found.instant is none -%}
        {{ return(crm_segmentation.first_instant(crm_segmentation.add_days(day, 1))) }}
    {%- endif -%}
    {{ return(found.instant.replace(tzinfo=none)) }}
{% endmacro %}

{# SQL literal of a day. #}
{% macro date_literal(day) %}
    {{- return("cast('" ~ day.isoformat() ~ "' as date)") -}}
{% endmacro %}

{# SQL literal of U(day), for comparison with UTC timestamps. #}
{% macro instant_literal(day) %}
    {{- return(
        "cast('"
        ~ crm_segmentation.first_instant(day).isoformat(' ')
        ~ "' as timestamp)"
    ) -}}
{% endmacro %}

{#
    SQL: the local day of a UTC timestamp, from literals that pytz gave (an
    engine's own zone table may disagree). The zone's offsets from 1990 to the end
    of the year after as_of are known; an instant outside takes the nearest one.
    The newest come first, since most facts are recent.
#}
{% macro local_date(timestamp) %}
    {%- set zone = crm_segmentation.project_time_zone() -%}
    {%- set last_year = crm_segmentation.as_of_date().year + 1 -%}
    {%- set key = 'offset_changes ' ~ zone ~ ' ' ~ last_year -%}
    {%- set changes = crm_segmentation.kept_for_run(key)
        or crm_segmentation.keep_for_run(
            key, crm_segmentation.offset_changes(zone, last_year)
        ) -%}
    {%- if changes | length == 1 and changes[0].minutes == 0 -%}
        {{ return("cast(" ~ timestamp ~ " as date)") }}
    {%- endif -%}
    {%- set lines = [] -%}
    {%- for change in changes[1:] | reverse -%}
        {%- do lines.append(
            "    when " ~ timestamp ~ " >= cast('"
            ~ change.at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp) then "
            ~ change.minutes
        ) -%}
    {%- endfor -%}
    {%- set minutes = changes[0].minutes if not lines
        else "case\n" ~ lines | join('\n') ~ "\n    else " ~ changes[0].minutes
            ~ "\nend" -%}
    {{ return(
        "cast(" ~ timestamp ~ " + (" ~ minutes ~ ") * interval '1 minute' as date)"
    ) }}
{% endmacro %}

{#
    The zone's changes of offset, from 1990 to the end of `last_year`: [{at: UTC
    datetime, minutes}], the first entry being the offset before them all. Month by
    month, and within a month that changed by halving, down to the minute.
#}
{% macro offset_changes(zone, last_year) %}
    {%- set utc = modules.pytz.utc -%}
    {%- set minute = modules.datetime.timedelta(minutes=1) -%}
    {%- set state = namespace(low=none, offset=none) -%}
    {%- set changes = [] -%}
    {%- for month in range(0, [(last_year - 1989) * 12, 0] | max + 1) -%}
        {%- set high = modules.datetime.datetime(1990 + month // 12, month % 12 + 1, 1) -%}
        {%- set offset = utc.localize(high).astimezone(zone).utcoffset() -%}
        {%- if offset != state.offset -%}
            {%- set search = namespace(low=state.low or high, high=high) -%}
            {%- for step in range(0, 17) if search.high - search.low > minute -%}
                {%- set span = ((search.high - search.low).total_seconds() // 120) | int -%}
                {%- set middle = search.low + span * minute -%}
                {%- if utc.localize(middle).astimezone(zone).utcoffset() == offset -%}
                    {%- set search.high = middle -%}
                {%- else -%}
                    {%- set search.low = middle -%}
                {%- endif -%}
            {%- endfor -%}
            {%- do changes.append(
                {'at': search.high, 'minutes': (offset.total_seconds() // 60) | int}
            ) -%}
        {%- endif -%}
        {%- set state.offset = offset -%}
        {%- set state.low = high -%}
    {%- endfor -%}
    {{ return(changes) }}
{% endmacro %}
