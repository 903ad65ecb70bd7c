{#
    SQL: `expression` as `type`, or NULL where it is no such value. Not named safe_cast:
    dbt would read the fixtures of unit tests with it, and lose what it does not know.

    | argument   | meaning                                          |
    |------------|--------------------------------------------------|
    | expression | SQL of any type                                  |
    | type       | a type name that every engine knows, like date,  |
    |            | timestamp, integer, bigint, boolean, decimal(18, 2) |
#}
{% macro cast_or_null(expression, type) %}
    {{- return(
        adapter.dispatch('cast_or_null', 'crm_segmentation')(expression, type)
    ) -}}
{% endmacro %}

{% macro default__cast_or_null(expression, type) %}
    {%- if type in ['integer', 'bigint'] -%}
        {#- DuckDB rounds: '12.5' would be a value that nobody delivered. -#}
        {%- set number = "try_cast(" ~ expression ~ " as double)" -%}
        {{- return(
            "case when " ~ number ~ " = floor(" ~ number ~ ") then try_cast("
            ~ expression ~ " as " ~ type ~ ") end"
        ) -}}
    {%- endif -%}
    {{- return("try_cast(" ~ expression ~ " as " ~ type ~ ")") -}}
{% endmacro %}

{% macro postgres__cast_or_null(expression, type) %}
    {#- Text of an infinite or zoned value would pass the check and mean something else
        elsewhere; sources deliver plain ISO text. -#}
    {%- set as_text = "cast(" ~ expression ~ " as text)" -%}
    {{- return(
        "case when pg_input_is_valid(" ~ as_text ~ ", '" ~ type ~ "') then cast("
        ~ as_text ~ " as " ~ type ~ ") end"
    ) -}}
{% endmacro %}

{# SQL: trimmed text, NULL where nothing is left. #}
{% macro clean_text(expression) %}
    {{- return("nullif(trim(cast(" ~ expression ~ " as text)), '')") -}}
{% endmacro %}

{# Type name of a 64-bit floating point number. #}
{% macro type_double() %}
    {{- return(adapter.dispatch('type_double', 'crm_segmentation')()) -}}
{% endmacro %}

{% macro default__type_double() %}
    {{- return('double') -}}
{% endmacro %}

{% macro postgres__type_double() %}
    {{- return('double precision') -}}
{% endmacro %}
