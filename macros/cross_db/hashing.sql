{#
    SQL: the bucket 0 to 9,999 of an account, stable for ever. `use` is bucket,
    reduce or split, so that one salt in two uses gives independent draws.
    md5 over UTF-8, the first 8 hexadecimal digits as an unsigned number, modulo
    10,000.
#}
{% macro hash_bucket(use, salt, account_id) %}
    {%- set digits = "substr(md5(" ~ crm_segmentation.text_literal(use ~ ':' ~ salt ~ ':')
        ~ " || " ~ account_id ~ "), 1, 8)" -%}
    {{- return(adapter.dispatch('hash_bucket', 'crm_segmentation')(digits)) -}}
{% endmacro %}

{% macro default__hash_bucket(digits) %}
    {{- return("cast('0x' || " ~ digits ~ " as bigint) % 10000") -}}
{% endmacro %}

{% macro postgres__hash_bucket(digits) %}
    {{- return("cast(cast('x' || " ~ digits ~ " as bit(32)) as bigint) % 10000") -}}
{% endmacro %}

{# SQL: the first 60 bits of the md5 of a text, as a number. #}
{% macro hash_number(text) %}
    {%- set digits = "substr(md5(" ~ text ~ "), 1, 15)" -%}
    {{- return(adapter.dispatch('hash_number', 'crm_segmentation')(digits)) -}}
{% endmacro %}

{% macro default__hash_number(digits) %}
    {{- return("cast('0x' || " ~ digits ~ " as bigint)") -}}
{% endmacro %}

{% macro postgres__hash_number(digits) %}
    {{- return("cast(cast('x' || " ~ digits ~ " as bit(60)) as bigint)") -}}
{% endmacro %}

{#
    SQL: a number from 0 to below `parts` for a text, by the fastest hash of the engine:
    the same within one statement, and never to be stored.
#}
{% macro quick_part(text, parts) %}
    {{- return(adapter.dispatch('quick_part', 'crm_segmentation')(text, parts)) -}}
{% endmacro %}

{% macro default__quick_part(text, parts) %}
    {{- return("hash(" ~ text ~ ") % " ~ parts) -}}
{% endmacro %}

{% macro postgres__quick_part(text, parts) %}
    {{- return("abs(hashtextextended(" ~ text ~ ", 0) % " ~ parts ~ ")") -}}
{% endmacro %}
