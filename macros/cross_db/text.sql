{#
    SQL: text in the form in which rules compare it: lower case, code point by
    code point. The three letters stand apart because engines lower them in their
    own ways. Accents count, and ß is not ss.
#}
{% macro fold(expression) %}
    {{- return(adapter.dispatch('fold', 'crm_segmentation')(expression)) -}}
{% endmacro %}

{% macro default__fold(expression) %}
    {{- return("lower(translate(" ~ expression ~ ", 'İΣς', 'iσσ'))") -}}
{% endmacro %}

{% macro postgres__fold(expression) %}
    {#- Under the collation C, lower() leaves every letter outside ASCII alone. -#}
    {{- return(
        "lower(translate(" ~ expression
        ~ ", 'İΣς', 'iσσ') collate \"pg_c_utf8\")"
    ) -}}
{% endmacro %}

{#
    SQL: text to order by, or to take min and max of: by bytes on every engine,
    whatever the collation of the user's database.
#}
{% macro by_bytes(expression) %}
    {{- return(adapter.dispatch('by_bytes', 'crm_segmentation')(expression)) -}}
{% endmacro %}

{% macro default__by_bytes(expression) %}
    {{- return(expression) -}}
{% endmacro %}

{% macro postgres__by_bytes(expression) %}
    {{- return(expression ~ ' collate "C"') -}}
{% endmacro %}

{#
    SQL: a text literal that holds exactly `text`. The one way by which a value
    from a rule, a seed or a setting enters SQL.
#}
{% macro text_literal(text) %}
    {{- return(adapter.dispatch('text_literal', 'crm_segmentation')(text)) -}}
{% endmacro %}

{% macro default__text_literal(text) %}
    {{- return("'" ~ (text | string).replace("'", "''") ~ "'") -}}
{% endmacro %}

{% macro postgres__text_literal(text) %}
    {#- standard_conforming_strings may be off; E'' reads the same either way. -#}
    {%- set plain = (text | string).replace("'", "''") -%}
    {%- if '\\' in plain -%}
        {{- return("E'" ~ plain.replace('\\', '\\\\') ~ "'") -}}
    {%- endif -%}
    {{- return("'" ~ plain ~ "'") -}}
{% endmacro %}
