{# Kind 5: is_null, not_null. True is the only value, and it stands alone. #}
{% macro operator_null(context, operand, operator, raw, path) %}
    {%- if raw is not boolean or not raw -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'only true can be said here', raw, 'true',
            'For the contrary say ' ~ ('not_null' if operator == 'is_null' else 'is_null')
                ~ ': true.' if raw is boolean else ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if operand.type == 'values' -%}
        {%- set count = crm_segmentation.values_evidence(
            context, operand, 'count(*)', operand.model ~ '.value is not null'
        ) -%}
        {{ return({
            'sql': 'coalesce(' ~ count ~ ', 0) ' ~ ('=' if operator == 'is_null' else '>')
                ~ ' 0',
            'total': true,
            'value': true,
        }) }}
    {%- endif -%}
    {%- if operand.type == 'point' -%}
        {#- half a point is none -#}
        {%- set unknown = '(' ~ operand.sql ~ ' is null or ' ~ operand.longitude_sql
            ~ ' is null)' -%}
        {{ return({
            'sql': unknown if operator == 'is_null' else 'not ' ~ unknown,
            'total': true,
            'value': true,
        }) }}
    {%- endif -%}
    {{ return({
        'sql': operand.sql ~ (' is null' if operator == 'is_null' else ' is not null'),
        'not_sql': operand.sql ~ (' is not null' if operator == 'is_null' else ' is null'),
        'total': true,
        'value': true,
    }) }}
{% endmacro %}
