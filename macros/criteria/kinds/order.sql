{# Kind 3: gt, gte, lt, lte of a number. #}
{% macro operator_order(context, operand, operator, raw, path) %}
    {%- set read = crm_segmentation.read_value(context, operand, raw, path) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set sign = {'gt': '>', 'gte': '>=', 'lt': '<', 'lte': '<='}[operator] -%}
    {{ return({
        'sql': operand.sql ~ ' ' ~ sign ~ ' ' ~ read.sql,
        'value': read.value,
        'thresholds': [read.sql],
    }) }}
{% endmacro %}
