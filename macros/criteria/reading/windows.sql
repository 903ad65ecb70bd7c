{# The words that make a window, and where each may stand. #}
{% macro window_words() %}
    {{ return({
        'attribute': ['within', 'ago', 'older_than', 'in_next', 'in_period'],
        'fact': ['within', 'ago', 'in_period', 'between'],
    }) }}
{% endmacro %}

{#
    Read a window: {from, to, value}, days of the half-open span [from, to); an open
    end is none. `use` is attribute or fact. None where it is wrong.
#}
{% macro read_window(context, word, raw, path, use) %}
    {%- set as_of = context.as_of -%}
    {%- if word == 'between' -%}
        {%- set range = crm_segmentation.read_range(
            context, {'name': 'the window', 'type': 'date'}, raw, path
        ) -%}
        {%- if range is not none -%}
            {{ return({
                'from': range.low.day,
                'to': crm_segmentation.add_days(range.high.day, 1),
                'value': range.value,
            }) }}
        {%- endif -%}
        {{ return(none) }}
    {%- elif word == 'in_period' -%}
        {{ return(crm_segmentation.read_period(context, raw, path, use)) }}
    {%- elif word == 'ago' -%}
        {{ return(crm_segmentation.read_span(context, raw, path, zero=true)) }}
    {%- endif -%}
    {%- set day = crm_segmentation.read_duration(
        context, raw, path, 1 if word == 'in_next' else -1
    ) -%}
    {%- if day is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({
        'within': {'from': day, 'to': as_of, 'value': raw},
        'older_than': {'from': none, 'to': day, 'value': raw},
        'in_next': {'from': as_of, 'to': day, 'value': raw},
    }[word]) }}
{% endmacro %}

{# Two durations before as_of, the nearer first: {from, to, value}. #}
{% macro read_span(context, raw, path, zero=false) %}
    {%- if raw is string or raw is mapping or raw is not sequence or raw | length != 2 -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a span', raw, 'two durations, nearer first: [30d, 90d]', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set to = crm_segmentation.read_duration(
        context, raw[0], path ~ '[0]', -1, zero=zero
    ) -%}
    {%- set from = crm_segmentation.read_duration(context, raw[1], path ~ '[1]', -1) -%}
    {%- if to is none or from is none -%}
        {{ return(none) }}
    {%- elif from > to -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'reversed span', raw | join(' to '),
            'the nearer duration first', 'Write [' ~ raw[1] ~ ', ' ~ raw[0] ~ '].'
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'from': from, 'to': to, 'value': raw}) }}
{% endmacro %}

{#
    The day that lies a duration, or `times` as long, before (direction -1) or
    after (1) as_of. Months and years are counted from as_of and clamp to the month's
    last day.
#}
{% macro read_duration(context, raw, path, direction, zero=false, times=1) %}
    {%- set allowed = 'a whole number from 1 and one unit: 30d, 12w, 6m (months), 2y' -%}
    {%- if zero and raw is string and raw == '0d' -%}
        {{ return(context.as_of) }}
    {%- endif -%}
    {%- if raw is not string or not modules.re.match('^[1-9][0-9]*[dwmy]\\Z', raw) -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a duration', raw, allowed,
            'Write ' ~ raw ~ 'd for days.' if raw is integer and raw is not boolean
                and raw > 0
            else 'Hours are for the time between two rows; write days.'
                if raw is string and modules.re.match('^[0-9]+h\\Z', raw)
            else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set limits = crm_segmentation.value_limits() -%}
    {%- set unit = raw[-1] -%}
    {%- set years = 9999 if raw | length > 8
        else (raw[:-1] | int) * times / limits.duration.years[unit] -%}
    {%- if not limits.day['first'] < context.as_of.year + direction * years
        < limits.day['last'] -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'longer than the calendar', raw,
            'a time that begins and ends between the years 3 and 9997', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set count = direction * times * (raw[:-1] | int) -%}
    {%- if unit in ['d', 'w'] -%}
        {{ return(crm_segmentation.add_days(
            context.as_of, count * (7 if unit == 'w' else 1)
        )) }}
    {%- endif -%}
    {{ return(crm_segmentation.add_months(
        context.as_of, count * (12 if unit == 'y' else 1)
    )) }}
{% endmacro %}

{#
    A duration between two rows: {hours, sql, value}. It is exact, a day being 24
    hours, so months and years have no length there.
#}
{% macro read_row_duration(context, raw, path) %}
    {%- set allowed = 'a whole number from 1 and one unit: 12h, 7d (of 24 hours), 2w' -%}
    {%- if raw is not string or not modules.re.match('^[1-9][0-9]*[hdwmy]\\Z', raw)
        or raw[-1] in ['m', 'y'] -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a duration between two rows', raw, allowed,
            'Months and years differ in length; write days.' if raw is string
                and raw and raw[-1] in ['m', 'y']
            else 'Write ' ~ raw ~ 'd for days.' if raw is integer and raw is not boolean
                and raw > 0
            else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set limits = crm_segmentation.value_limits() -%}
    {%- set hours = 0 if raw | length > 8
        else (raw[:-1] | int) * limits.row_duration.hours[raw[-1]] -%}
    {%- if not 0 < hours < (context.as_of.year - limits.day['first']) * 8766 -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'longer than the calendar', raw,
            'a time that begins and ends between the years 3 and 9997', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({
        'hours': hours, 'sql': crm_segmentation.hours_literal(hours), 'value': raw,
    }) }}
{% endmacro %}

{# SQL literal of a time between two rows. #}
{% macro hours_literal(hours) %}
    {{ return("interval '" ~ hours ~ "' hour") }}
{% endmacro %}

{# The whole period around as_of: `last month`, `this week`, `next quarter`. #}
{% macro read_period(context, raw, path, use) %}
    {%- set known = crm_segmentation.value_limits().period -%}
    {%- set words = raw.split(' ') if raw is string else [] -%}
    {%- set periods = [] -%}
    {%- for word in (known.words if use == 'attribute' else known.past) -%}
        {%- for unit in known.units -%}
            {%- do periods.append(word ~ ' ' ~ unit) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if words | length != 2 or words[0] not in known.words
        or words[1] not in known.units -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a period', raw,
            known.words[:-1] | join(', ') ~ ' or ' ~ known.words[-1] ~ ', and '
                ~ known.units | join(', ') ~ ': last month',
            crm_segmentation.did_you_mean(raw, periods)
        ) -%}
        {{ return(none) }}
    {%- elif use == 'fact' and words[0] not in known.past -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'facts lie in the past', raw, periods, ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set as_of = context.as_of -%}
    {%- set steps = {'last': -1, 'this': 0, 'next': 1}[words[0]] -%}
    {%- if words[1] in ['day', 'week'] -%}
        {%- set length = 7 if words[1] == 'week' else 1 -%}
        {%- set back = (as_of.weekday() - crm_segmentation.week_start()) % 7
            if words[1] == 'week' else 0 -%}
        {%- set from = crm_segmentation.add_days(as_of, steps * length - back) -%}
        {%- set to = crm_segmentation.add_days(from, length) -%}
    {%- else -%}
        {%- set length = {'month': 1, 'quarter': 3, 'year': 12}[words[1]] -%}
        {%- set first = modules.datetime.date(
            as_of.year, (as_of.month - 1) // length * length + 1, 1
        ) -%}
        {%- set from = crm_segmentation.add_months(first, steps * length) -%}
        {%- set to = crm_segmentation.add_months(from, length) -%}
    {%- endif -%}
    {%- if use == 'fact' and to > as_of -%}
        {%- set to = as_of -%}
    {%- endif -%}
    {{ return({'from': from, 'to': to, 'value': raw}) }}
{% endmacro %}

{# The day on which a week begins, as Python counts: Monday is 0. #}
{% macro week_start() %}
    {%- set days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday',
        'sunday'] -%}
    {%- set given = crm_segmentation.setting('week_start') | lower -%}
    {%- if given not in days -%}
        {{ exceptions.raise_compiler_error(
            "Not a weekday in var 'week_start': got '" ~ given ~ "'; allowed: "
            ~ days | join(', ') ~ "."
        ) }}
    {%- endif -%}
    {{ return(days.index(given)) }}
{% endmacro %}

{# SQL: the days [from, to) asked of a date or a UTC timestamp. #}
{% macro in_days(operand, from, to) %}
    {%- set parts = [] -%}
    {%- set literal = 'date_literal' if operand.type == 'date' else 'instant_literal' -%}
    {%- if from is not none -%}
        {%- do parts.append(operand.sql ~ ' >= ' ~ crm_segmentation[literal](from)) -%}
    {%- endif -%}
    {%- if to is not none -%}
        {%- do parts.append(operand.sql ~ ' < ' ~ crm_segmentation[literal](to)) -%}
    {%- endif -%}
    {{ return(parts | join('\nand ')) }}
{% endmacro %}
