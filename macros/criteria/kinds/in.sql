{# Kind 2: in, not_in. #}
{% macro operator_in(context, operand, operator, raw, path) %}
    {%- set read = crm_segmentation.read_values(context, operand, raw, path) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({
        'sql': crm_segmentation.one_of(
            crm_segmentation.comparable(operand),
            'in' if operator == 'in' else 'not in', read.literals
        ),
        'value': read.value,
    }) }}
{% endmacro %}
