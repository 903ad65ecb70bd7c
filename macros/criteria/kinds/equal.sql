{#
    Kinds 1 and 7: eq, neq. A day asked of a timestamp is that local day. For a
    boolean, false means false or unknown, which is what people expect of NO.
#}
{% macro operator_equal(context, operand, operator, raw, path) %}
    {%- set read = crm_segmentation.read_value(context, operand, raw, path) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set sign = '=' if operator == 'eq' else '<>' -%}
    {%- if operand.type == 'boolean' -%}
        {{ return({
            'sql': operand.sql if raw else 'not ' ~ operand.sql,
            'on_null': not raw,
            'value': raw,
        }) }}
    {%- elif operand.type == 'date' -%}
        {%- set sql = operand.sql ~ ' ' ~ sign ~ ' '
            ~ crm_segmentation.date_literal(read.day) -%}
    {%- elif operand.type == 'timestamp' -%}
        {%- set sql = crm_segmentation.in_days(
            operand, read.day, crm_segmentation.add_days(read.day, 1)
        ) -%}
        {%- if operator == 'neq' -%}
            {%- set sql = 'not ' ~ crm_segmentation.bracketed(sql) -%}
        {%- endif -%}
    {%- else -%}
        {%- set sql = crm_segmentation.comparable(operand) ~ ' ' ~ sign ~ ' ' ~ read.sql -%}
    {%- endif -%}
    {{ return({
        'sql': sql,
        'value': read.value,
        'thresholds': [read.sql] if operand.type == 'number' else [],
    }) }}
{% endmacro %}

{# SQL of an operand as it is compared: text folded unless case matters. #}
{% macro comparable(operand) %}
    {%- if operand.type in ['text', 'values'] and operand.fold -%}
        {{ return(crm_segmentation.fold(operand.sql)) }}
    {%- endif -%}
    {{ return(operand.sql) }}
{% endmacro %}
