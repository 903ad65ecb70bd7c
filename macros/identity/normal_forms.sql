{#
    Normal forms: how two spellings of one thing become equal text. Written with
    functions that every engine has, no regular expressions.
#}

{#
    SQL: a text as words in plain small letters, parted by single or more spaces.
    German umlauts are spelt out, other accents dropped, punctuation becomes a
    space; full stop and apostrophe vanish, so that B.V. is bv and O'Neill oneill.
#}
{% macro plain_words(expression) %}
    {%- set folded = crm_segmentation.fold(expression) -%}
    {%- set spelled = namespace(sql=folded) -%}
    {%- for letter, letters in
        [('ä', 'ae'), ('ö', 'oe'), ('ü', 'ue'), ('ß', 'ss'), ('æ', 'ae'), ('ø', 'oe')] -%}
        {%- set spelled.sql = "replace(" ~ spelled.sql ~ ", '" ~ letter ~ "', '"
            ~ letters ~ "')" -%}
    {%- endfor -%}
    {%- set accented = 'àáâãåāăąçćčďđèéêëēėęěğìíîïīłñńňòóôõőřśšşșťțùúûūůűýÿźżž' -%}
    {%- set bare = 'aaaaaaaacccddeeeeeeeegiiiiilnnnooooorssssttuuuuuuyyzzz' -%}
    {%- set punctuation = ',;:-_/\\"()&+*#|!?' -%}
    {%- set from = accented ~ punctuation -%}
    {%- set to = bare ~ ' ' * (punctuation | length) -%}
    {#- what stands in `from` beyond the end of `to` is deleted -#}
    {{- return(
        "translate(" ~ spelled.sql ~ ", "
        ~ crm_segmentation.text_literal(from ~ ".'") ~ ", "
        ~ crm_segmentation.text_literal(to) ~ ")"
    ) -}}
{% endmacro %}

{#
    SQL: the words of a name that tell one from another, in byte order, so that
    'Müller, Dr. Anna' is 'Anna Mueller' and 'Rhein Pumpen AG' is 'Pumpen Rhein'.
#}
{% macro name_key(expression) %}
    {{- return(crm_segmentation.sorted_words(
        crm_segmentation.plain_words(expression),
        crm_segmentation.name_noise_words()
    )) -}}
{% endmacro %}

{#
    SQL: the letters of a name key in byte order, so that 'Emli Schulz' is 'Emil
    Schulz' and 'Ut eGraf' is 'Ute Graf': swapped letters and stray spaces are what
    typing gets wrong most.
#}
{% macro letters_key(name_key) %}
    {{- return("nullif(" ~ crm_segmentation.sorted_letters(
        "translate(" ~ name_key ~ ", ' ', '')"
    ) ~ ", '')") -}}
{% endmacro %}

{# SQL: a street with its number; 'Hauptstraße 5' is 'Hauptstr. 5' is '5, Hauptstr'. #}
{% macro street_key(expression) %}
    {{- return(crm_segmentation.sorted_words(
        "replace(replace(" ~ crm_segmentation.plain_words(expression)
        ~ ", 'strasse', 'str'), 'street', 'st')"
    )) -}}
{% endmacro %}

{# SQL: letters and digits of a code (tax id, postal code) without its separators. #}
{% macro code_key(expression) %}
    {{- return("nullif(translate(" ~ crm_segmentation.fold(expression)
        ~ ", ' .-/_', ''), '')") -}}
{% endmacro %}

{#
    SQL: a phone number in international digits. A national number takes the
    calling code of its country and loses the trunk prefix; where the country is
    unknown its digits stand as they are.

    | argument     | meaning                                       |
    |--------------|-----------------------------------------------|
    | phone        | SQL of the number as written                  |
    | calling_code | SQL of the country's calling code, or NULL    |
    | trunk_prefix | SQL of what a national number begins with, '' |
#}
{% macro phone_key(phone, calling_code, trunk_prefix) %}
    {%- set written = "replace(" ~ crm_segmentation.trim_text(phone)
        ~ ", '(0)', '')" -%}
    {%- set digits = crm_segmentation.keep_digits(written) -%}
    {{- return(
        "nullif(case"
        ~ " when " ~ written ~ " like '+%' then " ~ digits
        ~ " when " ~ written ~ " like '00%' then substr(" ~ digits ~ ", 3)"
        ~ " when " ~ digits ~ " = '' or " ~ calling_code ~ " is null then " ~ digits
        ~ " when coalesce(" ~ trunk_prefix ~ ", '') <> '' and "
        ~ digits ~ " like " ~ trunk_prefix ~ " || '%' then " ~ calling_code
        ~ " || substr(" ~ digits ~ ", length(" ~ trunk_prefix ~ ") + 1)"
        ~ " else " ~ calling_code ~ " || " ~ digits
        ~ " end, '')"
    ) -}}
{% endmacro %}

{# Words that say what a company is in law or how a person is addressed. #}
{% macro legal_form_words() %}
    {{- return([
        'ab', 'ag', 'as', 'bv', 'co', 'corp', 'corporation', 'company', 'ek', 'eg',
        'gbr', 'gesmbh', 'gmbh', 'inc', 'incorporated', 'kg', 'limited', 'llc',
        'llp', 'ltd', 'mbh', 'nv', 'og', 'ohg', 'oy', 'plc', 'sa', 'sarl', 'sas',
        'se', 'spa', 'srl', 'ug'
    ]) -}}
{% endmacro %}

{% macro name_noise_words() %}
    {{- return(crm_segmentation.legal_form_words() + [
        'and', 'dr', 'frau', 'herr', 'mr', 'mrs', 'ms', 'prof', 'the', 'und'
    ]) -}}
{% endmacro %}

{# SQL: the first word of a name in plain letters: of 'Anna Maria' it is 'anna'. #}
{% macro first_word(name) %}
    {{- return("nullif(split_part("
        ~ crm_segmentation.trim_text(crm_segmentation.plain_words(name))
        ~ ", ' ', 1), '')") -}}
{% endmacro %}

{# SQL: do plain words, with a space before the first and after the last, hold a legal form? #}
{% macro has_legal_form(words) %}
    {%- set tests = [] -%}
    {%- for word in crm_segmentation.legal_form_words() -%}
        {%- do tests.append(words ~ " like '% " ~ word ~ " %'") -%}
    {%- endfor -%}
    {{- return("(" ~ tests | join(' or ') ~ ")") -}}
{% endmacro %}
