{#
    Kind 14: years, the completed years from a day to as_of: the greatest n with
    day + n years <= as_of, clamped like all years. A day after as_of has none.
    Asked as days: n is at least 5 before a day that the macro knows.
#}
{% macro operator_years(context, operand, operator, raw, path) %}
    {%- set before = context.errors | length -%}
    {%- set compared = crm_segmentation.read_comparison(context, raw, path, 'years') -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {#- What is left is a span [least, most) of whole years, and spans taken out. -#}
    {%- set span = namespace(least=0, most=10000) -%}
    {%- set without = [] -%}
    {%- for part in compared.parts -%}
        {%- set word = part[0] -%}
        {%- set low = crm_segmentation.next_whole(part[1], word in ['gt', 'lte']) -%}
        {%- set high = crm_segmentation.next_whole(part[2] | default(part[1]), true) -%}
        {%- if word in ['neq', 'not_between'] -%}
            {%- do without.append([low, high]) -%}
        {%- else -%}
            {%- if word in ['eq', 'gt', 'gte', 'between'] -%}
                {%- set span.least = [span.least, low] | max -%}
            {%- endif -%}
            {%- if word in ['lt', 'lte'] -%}
                {%- set span.most = [span.most, low] | min -%}
            {%- elif word in ['eq', 'between'] -%}
                {%- set span.most = [span.most, high] | min -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [crm_segmentation.in_days(
        operand,
        none if span.most >= 10000 else crm_segmentation.years_end(context, span.most),
        crm_segmentation.years_end(context, span.least)
    )] -%}
    {%- for low, high in without if low < high -%}
        {%- do parts.append('not ' ~ crm_segmentation.bracketed(crm_segmentation.in_days(
            operand,
            crm_segmentation.years_end(context, high),
            crm_segmentation.years_end(context, low)
        ))) -%}
    {%- endfor -%}
    {{ return({'sql': parts | join('\nand '), 'value': compared.value}) }}
{% endmacro %}

{#
    The least whole number from 0 that is at least (`above`: greater than) a number
    in plain digits; no calendar holds 10,000 years.
#}
{% macro next_whole(digits, above) %}
    {%- set whole = digits.lstrip('-').split('.')[0] | int -%}
    {%- set fraction = digits.split('.')[1].strip('0') if '.' in digits else '' -%}
    {%- if digits.startswith('-') -%}
        {{ return(1 if above and whole == 0 and not fraction else 0) }}
    {%- endif -%}
    {{ return([whole + (1 if above or fraction else 0), 10000] | min) }}
{% endmacro %}

{#
    The first day of which so many years are not completed at as_of. A 29 February
    has its years on the 28th where there is no 29th.
#}
{% macro years_end(context, years) %}
    {%- set as_of = context.as_of -%}
    {%- if years > as_of.year - 2 -%}
        {{ return(modules.datetime.date(2, 1, 1)) }}
    {%- endif -%}
    {%- set last = crm_segmentation.add_months(as_of, -12 * years) -%}
    {%- set on_28 = as_of.month == 2 and as_of.day == 28
        and crm_segmentation.days_in_month(as_of.year, 2) == 28 -%}
    {{ return(crm_segmentation.add_days(
        last, 2 if on_28 and crm_segmentation.days_in_month(last.year, 2) == 29 else 1
    )) }}
{% endmacro %}
