{#
    Kind 8: has_any, has_all, has_none, has_only of a multi-valued attribute, whose
    values stand in a bridge table of account_id, attribute, value. NULL values are
    ignored; has_only needs at least one value.
#}
{% macro operator_has(context, operand, operator, raw, path) %}
    {%- set read = crm_segmentation.read_values(context, operand, raw, path) -%}
    {%- if read is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set value = crm_segmentation.comparable({
        'type': 'values', 'fold': operand.fold, 'sql': operand.model ~ '.value',
    }) -%}
    {%- set listed = crm_segmentation.one_of(value, 'in', read.literals) -%}
    {%- set found = crm_segmentation.values_evidence(
        context, operand,
        'count(distinct ' ~ value ~ ')' if operator == 'has_all' else 'count(*)', listed
    ) -%}
    {%- set wanted = {
        'has_any': '> 0',
        'has_all': '= ' ~ read.literals | length,
        'has_none': '= 0',
        'has_only': '> 0',
    }[operator] -%}
    {%- set sql = 'coalesce(' ~ found ~ ', 0) ' ~ wanted -%}
    {%- if operator == 'has_only' -%}
        {%- set others = crm_segmentation.values_evidence(
            context, operand, 'count(*)',
            crm_segmentation.one_of(value, 'not in', read.literals)
        ) -%}
        {%- set sql = crm_segmentation.bracketed(
            sql ~ '\nand coalesce(' ~ others ~ ', 0) = 0'
        ) -%}
    {%- endif -%}
    {{ return({'sql': sql, 'total': true, 'value': read.value}) }}
{% endmacro %}

{# An aggregate over the values of one attribute in its bridge table. #}
{% macro values_evidence(context, operand, aggregate, condition) %}
    {{ return(crm_segmentation.evidence(
        context,
        {
            'name': operand.model ~ '_evidence',
            'model': operand.model,
            'selector': 'attribute',
            'visible': [],
        },
        aggregate,
        operand.name,
        [condition]
    )) }}
{% endmacro %}
