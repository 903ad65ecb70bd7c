{#
    SQL: does `pattern` occur in the text? Line breaks of the text count as spaces.
    The pattern is of the subset that read_pattern() lets through.
#}
{% macro matches_pattern(text, pattern) %}
    {%- set one_line = "replace(replace(" ~ text ~ ", chr(13), ' '), chr(10), ' ')" -%}
    {{- return(adapter.dispatch('matches_pattern', 'crm_segmentation')(
        one_line, crm_segmentation.text_literal(pattern)
    )) -}}
{% endmacro %}

{% macro default__matches_pattern(text, pattern) %}
    {{- return("regexp_matches(" ~ text ~ ", " ~ pattern ~ ")") -}}
{% endmacro %}

{% macro postgres__matches_pattern(text, pattern) %}
    {{- return(text ~ " ~ " ~ pattern) -}}
{% endmacro %}
