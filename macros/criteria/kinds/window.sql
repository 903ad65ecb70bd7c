{# Kinds 10 to 12: within, ago, older_than, in_next, in_period of a date. #}
{% macro operator_window(context, operand, operator, raw, path) %}
    {%- set window = crm_segmentation.read_window(
        context, operator, raw, path, 'attribute'
    ) -%}
    {%- if window is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({
        'sql': crm_segmentation.in_days(operand, window['from'], window['to']),
        'value': window.value,
    }) }}
{% endmacro %}
