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
        "lower(translate(" ~ expression ~ ", 'İΣς', 'iσσ') collate "
        ~ adapter.quote(crm_segmentation.folding_collation()) ~ ")"
    ) -}}
{% endmacro %}

{#
    The collation of PostgreSQL under which letters are folded one by one: the setting
    `postgres_collation`, else the first that the server has of those that do. The one
    that is the same everywhere came with PostgreSQL 17.
#}
{% macro folding_collation() %}
    {{- return(
        crm_segmentation.setting('postgres_collation')
        or adapter.dispatch('folding_collation', 'crm_segmentation')()
    ) -}}
{% endmacro %}

{% macro default__folding_collation() %}
    {{- return('pg_c_utf8') -}}
{% endmacro %}

{% macro postgres_python__folding_collation() %}
    {{- return(
        adapter.first_collation(['pg_c_utf8', 'C.utf8', 'und-x-icu']) or 'pg_c_utf8'
    ) -}}
{% endmacro %}

{#
    SQL: text without the spaces, tabs, line breaks and no-break spaces around it.
    Left to themselves, engines cut different kinds of spaces.
#}
{% macro trim_text(expression) %}
    {{- return(
        "trim(" ~ expression ~ ", ' ' || chr(9) || chr(10) || chr(13) || chr(160))"
    ) -}}
{% endmacro %}

{# SQL: a code of letters (a country, a currency) in capitals. #}
{% macro upper_code(expression) %}
    {{- return(adapter.dispatch('upper_code', 'crm_segmentation')(expression)) -}}
{% endmacro %}

{% macro default__upper_code(expression) %}
    {{- return("upper(" ~ expression ~ ")") -}}
{% endmacro %}

{% macro postgres__upper_code(expression) %}
    {#- In the database's own collation a Turkish i would become another letter. DuckDB
        knows a capital of ß, PostgreSQL none. -#}
    {{- return(
        "upper(replace(" ~ expression ~ ", 'ß', 'ẞ') collate "
        ~ adapter.quote(crm_segmentation.folding_collation()) ~ ")"
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

{# SQL, an aggregate: texts in byte order with a separator between. #}
{% macro join_texts(expression, separator) %}
    {{- return(adapter.dispatch('join_texts', 'crm_segmentation')(
        expression, crm_segmentation.text_literal(separator)
    )) -}}
{% endmacro %}

{% macro default__join_texts(expression, separator) %}
    {{- return(
        "string_agg(" ~ expression ~ ", " ~ separator ~ " order by "
        ~ crm_segmentation.by_bytes(expression) ~ ")"
    ) -}}
{% endmacro %}

{#
    SQL: a text literal that holds exactly `text`. The one way by which a value
    from a rule, a seed or a setting enters SQL. Line breaks are written as codes:
    SQL is indented where it is put together, and a break inside quotes would be
    indented with it.
#}
{% macro text_literal(text) %}
    {%- set codes = {
        '\n': 10, '\x0b': 11, '\x0c': 12, '\r': 13, '\x1c': 28, '\x1d': 29,
        '\x1e': 30, '\x85': 133, '\u2028': 8232, '\u2029': 8233
    } -%}
    {%- set parts = [] -%}
    {%- for part in modules.re.split('([' ~ codes | join ~ '])', text | string) -%}
        {%- if part in codes -%}
            {%- do parts.append('chr(' ~ codes[part] ~ ')') -%}
        {%- elif part or loop.length == 1 -%}
            {%- do parts.append(
                adapter.dispatch('text_literal', 'crm_segmentation')(part)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return('(' ~ parts | join(' || ') ~ ')' if parts | length > 1 else parts[0]) -}}
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

{# SQL: the literal of a text, or a NULL of that type. #}
{% macro text_or_null(text) %}
    {{- return(
        'cast(null as text)' if text is none or text is undefined
        else crm_segmentation.text_literal(text)
    ) -}}
{% endmacro %}
