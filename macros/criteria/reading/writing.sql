{#
    How conditions are written: on one line where they fit, and else each part on a line
    of its own, as by hand. All of them stand some way in from the margin.
#}

{# SQL in brackets, for a condition among others. #}
{% macro bracketed(sql) %}
    {{ return(
        '(\n    ' ~ sql | indent(4) ~ '\n)' if '\n' in sql else '(' ~ sql ~ ')'
    ) }}
{% endmacro %}

{# SQL: a condition, or what it is where it is unknown. #}
{% macro coalesced(sql, on_null) %}
    {%- set other = 'true' if on_null else 'false' -%}
    {{ return(
        'coalesce(\n    ' ~ sql | indent(4) ~ ',\n    ' ~ other ~ '\n)'
        if '\n' in sql or sql | length > 58
        else 'coalesce(' ~ sql ~ ', ' ~ other ~ ')'
    ) }}
{% endmacro %}

{# SQL: is the expression one of these literals? `word` is in, or not in. #}
{% macro one_of(expression, word, literals) %}
    {%- set listed = literals | join(', ') -%}
    {{ return(
        expression ~ ' ' ~ word ~ ' (\n    ' ~ literals | join(',\n    ') ~ '\n)'
        if expression | length + listed | length > 72
        else expression ~ ' ' ~ word ~ ' (' ~ listed ~ ')'
    ) }}
{% endmacro %}

{# SQL: a number if the condition holds, else 0. #}
{% macro number_if(sql, number) %}
    {{ return(
        'case\n    when\n        ' ~ sql | indent(8) ~ '\n        then ' ~ number
            ~ '\n    else 0\nend'
        if '\n' in sql or sql | length > 48
        else 'case when ' ~ sql ~ ' then ' ~ number ~ ' else 0 end'
    ) }}
{% endmacro %}
