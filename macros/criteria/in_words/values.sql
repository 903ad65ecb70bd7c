{# A label inside a sentence: "Revenue, last 365 days" is revenue in the last 365 days. #}
{% macro label_in_words(label) %}
    {%- set text = label | replace(', last ', ' in the last ')
        | replace(', all time', ' of all time') -%}
    {#- an abbreviation keeps its capitals -#}
    {%- if text[1:2].islower() or text | length == 1 -%}
        {%- set text = text[0] | lower ~ text[1:] -%}
    {%- endif -%}
    {{ return(text) }}
{% endmacro %}

{# An attribute by its name. #}
{% macro attribute_in_words(name) %}
    {{ return(crm_segmentation.label_in_words(
        crm_segmentation.attribute_catalog()[name].label
    )) }}
{% endmacro %}

{#
    A value as people write it: 50,000; a text of one word as it is, but in quotes if
    a sentence could be meant by it.
#}
{% macro value_in_words(value) %}
    {%- if value is none -%}
        {{ return('unknown') }}
    {%- elif value is boolean -%}
        {{ return('yes' if value else 'no') }}
    {%- elif value is number -%}
        {{ return(crm_segmentation.number_in_words(value)) }}
    {%- elif modules.re.match("^[\\w&./+-]+\\Z", value | string)
        and value | string | lower not in ['unknown', 'known', 'yes', 'no', 'not', 'and',
            'or', 'today', 'yesterday', 'tomorrow'] -%}
        {{ return(value | string) }}
    {%- endif -%}
    {{ return(crm_segmentation.quoted_in_words(value)) }}
{% endmacro %}

{# A text in quotes; one in it is doubled, so that the end can be seen. #}
{% macro quoted_in_words(value) %}
    {{ return('"' ~ value | string | replace('"', '""') ~ '"') }}
{% endmacro %}

{# Plain digits with a comma at each thousand. #}
{% macro number_in_words(number) %}
    {%- set text = crm_segmentation.plain_digits(number) -%}
    {%- set sign = '-' if text.startswith('-') else '' -%}
    {%- set parts = text.lstrip('-').split('.') -%}
    {{ return(sign ~ '{:,}'.format(parts[0] | int)
        ~ ('.' ~ parts[1] if parts | length > 1 else '')) }}
{% endmacro %}

{# DE, AT or CH. A long list is cut: the tree has it in full. #}
{% macro list_in_words(values, joint='or', quoted=false) %}
    {%- set texts = [] -%}
    {%- set values = values if values is sequence and values is not string else [values] -%}
    {%- for value in values[:12] -%}
        {%- do texts.append(crm_segmentation.quoted_in_words(value) if quoted
            else crm_segmentation.value_in_words(value)) -%}
    {%- endfor -%}
    {%- if values | length > 12 -%}
        {%- do texts.append((values | length - 12) ~ ' more') -%}
    {%- endif -%}
    {{ return(texts[0] if texts | length == 1
        else texts[:-1] | join(', ') ~ ' ' ~ joint ~ ' ' ~ texts[-1]) }}
{% endmacro %}

{# 30d is 30 days. #}
{% macro duration_in_words(duration) %}
    {%- set unit = {'h': 'hour', 'd': 'day', 'w': 'week', 'm': 'month', 'y': 'year'}[
        duration[-1]
    ] -%}
    {{ return(duration[:-1] ~ ' ' ~ unit ~ ('' if duration[:-1] == '1' else 's')) }}
{% endmacro %}

{# The same behind `the last`: the last year, the last 2 years. #}
{% macro span_in_words(duration) %}
    {%- set words = crm_segmentation.duration_in_words(duration) -%}
    {{ return(words[2:] if words.startswith('1 ') else words) }}
{% endmacro %}

{# A window: `in the last 30 days`. The same words for attributes and facts. #}
{% macro window_in_words(word, value) %}
    {%- if word == 'between' -%}
        {{ return('from ' ~ value[0] ~ ' to ' ~ value[1]) }}
    {%- elif word == 'in_period' -%}
        {%- set which = value.split(' ')[0] -%}
        {%- set unit = value.split(' ')[1] -%}
        {%- if unit == 'day' -%}
            {{ return({'this': 'today', 'last': 'yesterday', 'next': 'tomorrow'}[which]) }}
        {%- endif -%}
        {{ return('in the '
            ~ {'this': 'current', 'last': 'previous', 'next': 'next'}[which]
            ~ ' calendar ' ~ unit) }}
    {%- elif word == 'ago' -%}
        {{ return('in the last ' ~ crm_segmentation.span_in_words(value[1])
            if value[0] == '0d'
            else 'from ' ~ crm_segmentation.duration_in_words(value[1])
                ~ ' to ' ~ crm_segmentation.duration_in_words(value[0]) ~ ' ago') }}
    {%- endif -%}
    {%- set span = crm_segmentation.duration_in_words(value) -%}
    {{ return({
        'within': 'in the last ' ~ crm_segmentation.span_in_words(value),
        'older_than': 'more than ' ~ span ~ ' ago',
        'in_next': 'in the next ' ~ crm_segmentation.span_in_words(value),
    }[word]) }}
{% endmacro %}

{# The window of a fact, with a space before it; nothing where all history counts. #}
{% macro fact_window_in_words(content) %}
    {%- for word in crm_segmentation.window_words().fact if word in content -%}
        {{ return(' ' ~ crm_segmentation.window_in_words(word, content[word])) }}
    {%- endfor -%}
    {{ return('') }}
{% endmacro %}

{# A comparison with numbers: `at least 3 and less than 10`. #}
{% macro comparison_in_words(comparison, unit='') %}
    {%- set asked = comparison if comparison is mapping else {'eq': comparison} -%}
    {%- set words = {
        'eq': '', 'neq': 'not ', 'gt': 'more than ', 'gte': 'at least ',
        'lt': 'less than ', 'lte': 'at most ', 'between': 'between ',
        'not_between': 'not between ',
    } -%}
    {%- set parts = [] -%}
    {%- for operator, value in asked.items() if operator in words -%}
        {%- set numbers = [] -%}
        {%- for number in (value if operator.endswith('between') else [value]) -%}
            {%- do numbers.append(crm_segmentation.number_in_words(number) ~ unit) -%}
        {%- endfor -%}
        {%- do parts.append(words[operator] ~ numbers | join(' and ')) -%}
    {%- endfor -%}
    {{ return(parts | join(' and ')) }}
{% endmacro %}
