{#
    Kind 13: anniversary_in_next. The month and day of a date, of whatever year,
    falls in the next so many days, today being the first of them. 29 February
    counts on the 28th in years that have none.
#}
{% macro operator_anniversary(context, operand, operator, raw, path) %}
    {%- set most = crm_segmentation.value_limits().short_duration.most -%}
    {%- set allowed = 'days or weeks, at most ' ~ most.d ~ 'd or ' ~ most.w ~ 'w' -%}
    {%- if raw is not string or not modules.re.match('^[1-9][0-9]{0,2}[dw]\\Z', raw)
        or raw[:-1] | int > most[raw[-1]] -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a span of days within one year', raw, allowed,
            'Write ' ~ raw ~ 'd for days.' if raw is integer and raw is not boolean
                and 0 < raw <= most.d else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set first = context.as_of -%}
    {%- set last = crm_segmentation.add_days(
        first, raw[:-1] | int * {'d': 1, 'w': 7}[raw[-1]] - 1
    ) -%}
    {%- set place = 'extract(month from ' ~ operand.sql ~ ') * 100 + extract(day from '
        ~ operand.sql ~ ')' -%}
    {%- set start = first.month * 100 + first.day -%}
    {%- set end = last.month * 100 + last.day -%}
    {#- the 29th comes when the 28th does where the year goes on to March -#}
    {%- if end == 228 and crm_segmentation.days_in_month(last.year, 2) == 28 -%}
        {%- set end = 229 -%}
    {%- endif -%}
    {{ return({
        'sql': place ~ ' between ' ~ start ~ ' and ' ~ end if first.year == last.year
            else place ~ ' >= ' ~ start ~ '\nor ' ~ place ~ ' <= ' ~ end,
        'value': raw,
    }) }}
{% endmacro %}
