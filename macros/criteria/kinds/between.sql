{#
    Kind 4: between, not_between. Both ends are in: of numbers as values, of dates
    and timestamps as whole days.
#}
{% macro operator_between(context, operand, operator, raw, path) %}
    {%- set range = crm_segmentation.read_range(context, operand, raw, path) -%}
    {%- if range is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if operand.type == 'number' -%}
        {%- set sql = operand.sql ~ (' not' if operator == 'not_between' else '')
            ~ ' between ' ~ range.low.sql ~ ' and ' ~ range.high.sql -%}
    {%- else -%}
        {%- set sql = crm_segmentation.in_days(
            operand, range.low.day, crm_segmentation.add_days(range.high.day, 1)
        ) -%}
        {%- if operator == 'not_between' -%}
            {%- set sql = 'not ' ~ crm_segmentation.bracketed(sql) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return({
        'sql': sql,
        'value': range.value,
        'thresholds': [range.low.sql, range.high.sql] if operand.type == 'number' else [],
    }) }}
{% endmacro %}
