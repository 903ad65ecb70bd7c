{#
    SQL: `expression` as `type`, or NULL where it is no such value. Text has one
    meaning on every engine, which is stricter than each of them:

    | type            | text that is read; what trim_text() cuts does not count |
    |-----------------|---------------------------------------------------------|
    | date            | YYYY-MM-DD, years 0001 to 9999; a time behind it is cut |
    | timestamp       | a date, or a date, T or a space, HH:MM, :SS and a       |
    |                 | fraction, cut to microseconds; then Z, +00 or nothing:  |
    |                 | another offset is NULL, since engines drop it           |
    | integer, bigint | digits with a sign or none; 12.0 is 12, 12.5 is NULL    |
    | decimal(p, s)   | digits with a point or none, rounded half away from     |
    |                 | zero; NULL where they do not fit                        |
    | boolean         | true, t, yes, y, 1 and false, f, no, n, 0 in any case   |

    So now, today, infinity, NaN, 1e3, 0x10, 1_000, 1,000 and 24:00 are NULL.
    Values that the source typed already keep what they are.

    Not named safe_cast: dbt would read the fixtures of unit tests with it, and
    make NULL of what it does not know.
#}
{% macro cast_or_null(expression, type) %}
    {%- set text = "cast(" ~ expression ~ " as text)" -%}
    {%- set trimmed = crm_segmentation.trim_text(text) -%}
    {%- if type == 'boolean' -%}
        {%- set word = crm_segmentation.fold(trimmed) -%}
        {{- return(
            "case when " ~ word ~ " in ('true', 't', 'yes', 'y', '1') then true when "
            ~ word ~ " in ('false', 'f', 'no', 'n', '0') then false end"
        ) -}}
    {%- endif -%}
    {%- set kind = type.split('(')[0] -%}
    {%- set day = '([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}' -%}
    {%- set time = '([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
        ~ '(Z|[+]00(:?00)?)?)?' -%}
    {%- set digits = '[+-]?[0-9]+([.]0*)?' -%}
    {%- set grammars = {
        'date': day ~ time,
        'timestamp': day ~ time,
        'integer': digits,
        'bigint': digits,
        'decimal': '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)',
    } -%}
    {%- if kind not in grammars -%}
        {{ exceptions.raise_compiler_error(
            "Unknown type in cast_or_null(): got '" ~ type ~ "'; allowed: boolean, "
            ~ grammars | join(', ') ~ ". Add its grammar to "
            ~ "macros/cross_db/types_and_casts.sql."
        ) }}
    {%- endif -%}
    {{- return(adapter.dispatch('cast_or_null', 'crm_segmentation')(
        expression, type, kind, text, trimmed, "'^" ~ grammars[kind] ~ "$'"
    )) -}}
{% endmacro %}

{% macro default__cast_or_null(expression, type, kind, text, trimmed, grammar) %}
    {%- set typed = "try_cast(" ~ expression ~ " as " ~ type ~ ")" -%}
    {%- if kind in ['integer', 'bigint'] -%}
        {#- DuckDB rounds: 12.5 would be a value that nobody delivered. -#}
        {%- set number = "try_cast(" ~ expression ~ " as double)" -%}
        {%- set typed = "case when " ~ number ~ " = floor(" ~ number ~ ") then "
            ~ typed ~ " end" -%}
    {%- endif -%}
    {#- typeof() is known when the statement is planned: typed columns pay nothing. -#}
    {{- return(
        "case when typeof(" ~ expression ~ ") <> 'VARCHAR' then " ~ typed
        ~ " when regexp_full_match(" ~ trimmed ~ ", " ~ grammar ~ ") then try_cast("
        ~ trimmed ~ " as " ~ type ~ ") end"
    ) -}}
{% endmacro %}

{% macro postgres__cast_or_null(expression, type, kind, text, trimmed, grammar) %}
    {#- The cast stands outside the case: inside, PostgreSQL would cast a constant
        while planning, before it asked whether that can be done. -#}
    {%- set fits = trimmed ~ " ~ " ~ grammar -%}
    {%- set valid = "pg_input_is_valid(" ~ trimmed ~ ", '" ~ type ~ "')" -%}
    {%- set quick = "" -%}
    {%- set read = trimmed -%}
    {%- if kind in ['date', 'timestamp'] -%}
        {#- Regular expressions are slow: a time that comes back as it was written
            needs none. -#}
        {%- set shape = '____-__-__' ~ (' __:__:__' if kind == 'timestamp' else '') -%}
        {%- set quick = " when case when " ~ text ~ " like '" ~ shape
            ~ "' and pg_input_is_valid(" ~ text ~ ", '" ~ type ~ "') then cast(cast("
            ~ text ~ " as " ~ type ~ ") as text) = " ~ text ~ " end then " ~ text -%}
        {#- PostgreSQL rounds to microseconds. -#}
        {%- set read = "substr(split_part(replace(" ~ trimmed ~ ", 'Z', '+'), '+', 1), 1, "
            ~ (10 if kind == 'date' else 26) ~ ")" -%}
    {%- elif kind == 'decimal' -%}
        {#- A typed double may be written with an exponent, or be no number. -#}
        {%- set fits = "(" ~ fits ~ " or pg_typeof(" ~ expression ~ ") in (cast('real' as "
            ~ "regtype), cast('double precision' as regtype)) and " ~ trimmed
            ~ " ~ '[0-9]')" -%}
    {%- else -%}
        {%- set read = "split_part(" ~ trimmed ~ ", '.', 1)" -%}
        {%- set valid = "pg_input_is_valid(" ~ read ~ ", '" ~ type ~ "')" -%}
    {%- endif -%}
    {{- return(
        "cast(case" ~ quick ~ " when " ~ valid ~ " and " ~ fits ~ " then " ~ read
        ~ " end as " ~ type ~ ")"
    ) -}}
{% endmacro %}

{# SQL: trimmed text, NULL where nothing is left. #}
{% macro clean_text(expression) %}
    {{- return(
        "nullif(" ~ crm_segmentation.trim_text("cast(" ~ expression ~ " as text)")
        ~ ", '')"
    ) -}}
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
