{# SQL: the digits of a text, in their order; '' where it has none. #}
{% macro keep_digits(expression) %}
    {{- return(adapter.dispatch('keep_digits', 'crm_segmentation')(expression)) -}}
{% endmacro %}

{% macro default__keep_digits(expression) %}
    {{- return("regexp_replace(" ~ expression ~ ", '[^0-9]', '', 'g')") -}}
{% endmacro %}

{#
    SQL: the words of a text (parted by spaces) in byte order with one space
    between, leaving out those in `without`; NULL where none is left.
#}
{% macro sorted_words(expression, without=[]) %}
    {{- return(adapter.dispatch('sorted_words', 'crm_segmentation')(expression, without)) -}}
{% endmacro %}

{% macro default__sorted_words(expression, without) %}
    {%- set left_out = crm_segmentation.text_literals([''] + without) -%}
    {{- return(
        "nullif(array_to_string(list_sort(list_filter(string_split("
        ~ expression ~ ", ' '), lambda word: word not in (" ~ left_out
        ~ "))), ' '), '')"
    ) -}}
{% endmacro %}

{% macro postgres__sorted_words(expression, without) %}
    {%- set left_out = crm_segmentation.text_literals([''] + without) -%}
    {{- return(
        "(select string_agg(word, ' ' order by word collate \"C\")"
        ~ " from unnest(string_to_array(" ~ expression ~ ", ' ')) as words(word)"
        ~ " where word not in (" ~ left_out ~ "))"
    ) -}}
{% endmacro %}

{# SQL: the letters of a text in byte order, '' of ''. #}
{% macro sorted_letters(expression) %}
    {{- return(adapter.dispatch('sorted_letters', 'crm_segmentation')(expression)) -}}
{% endmacro %}

{% macro default__sorted_letters(expression) %}
    {{- return("array_to_string(list_sort(string_split(" ~ expression ~ ", '')), '')") -}}
{% endmacro %}

{% macro postgres__sorted_letters(expression) %}
    {{- return(
        "coalesce((select string_agg(letter, '' order by letter collate \"C\")"
        ~ " from unnest(string_to_array(" ~ expression ~ ", null)) as letters(letter)), "
        ~ expression ~ ")"
    ) -}}
{% endmacro %}

{# SQL: a list of text literals, for `in (...)`. #}
{% macro text_literals(texts) %}
    {%- set literals = [] -%}
    {%- for text in texts -%}
        {%- do literals.append(crm_segmentation.text_literal(text)) -%}
    {%- endfor -%}
    {{- return(literals | join(', ')) -}}
{% endmacro %}

{#
    SQL that gives `value`, or stops the statement with `message` where
    `condition` holds. Both engines name the text that they could not cast, which
    is how the message reaches the reader. `detail` is SQL of a text that depends
    on rows, so that no engine evaluates the cast while planning.
#}
{% macro fail_if(condition, message, detail, value, type) %}
    {{- return(
        "case when " ~ condition ~ " then cast(" ~ crm_segmentation.text_literal(message)
        ~ " || cast(" ~ detail ~ " as text) as " ~ type ~ ") else " ~ value ~ " end"
    ) -}}
{% endmacro %}
