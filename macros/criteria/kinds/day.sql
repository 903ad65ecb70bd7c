{# Kind 9: before, on_or_before, after, on_or_after: whole local days. #}
{% macro operator_day(context, operand, operator, raw, path) %}
    {%- set read = crm_segmentation.read_value(context, operand, raw, path) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set next = crm_segmentation.add_days(read.day, 1) -%}
    {%- set span = {
        'before': [none, read.day],
        'on_or_before': [none, next],
        'after': [next, none],
        'on_or_after': [read.day, none],
    }[operator] -%}
    {{ return({
        'sql': crm_segmentation.in_days(operand, span[0], span[1]),
        'value': read.value,
    }) }}
{% endmacro %}
