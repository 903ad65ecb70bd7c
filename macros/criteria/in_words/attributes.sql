{#
    A leaf over an attribute, or over a column of a row, whose type is not known then.
    Where unknown counts against what one would expect, that is said: a leaf holds for
    it if `nulls` says so, or if all its operators are negative.
#}
{% macro words_of_attribute(label, type, content) %}
    {%- set asked = {} -%}
    {%- set negative = [] -%}
    {%- for operator, value in content.items()
        if operator not in ['nulls', 'case_sensitive', 'over'] -%}
        {%- do asked.update({operator: value}) -%}
        {%- if value is false or operator in ['neq', 'neq_attribute']
            or (operator.startswith('not_') and operator != 'not_null') -%}
            {%- do negative.append(operator) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set nulls = content.get('nulls') -%}
    {%- set words = namespace(text=label, verb='') -%}
    {%- for operator, value in asked.items() -%}
        {%- set verb, phrase = crm_segmentation.words_of_operator(
            operator, value, type, content.get('over')
        ) -%}
        {#- one verb is enough: is at least 250 and less than 1,000 -#}
        {%- set words.text = words.text ~ ('' if loop.first else ' and')
            ~ ('' if verb == words.verb else ' ' ~ verb) ~ ' ' ~ phrase -%}
        {%- if operator.endswith('_attribute') and asked | length > 1 -%}
            {#- the other one may be unknown where this is known -#}
            {%- set words.text = words.text ~ crm_segmentation.unknown_in_words(
                nulls, operator in negative, ' (or that is unknown)',
                ' (and that is known)'
            ) -%}
        {%- endif -%}
        {%- set words.verb = verb -%}
    {%- endfor -%}
    {%- set is_pair = asked | length == 1
        and (asked.keys() | first).endswith('_attribute') -%}
    {{ return(words.text
        ~ (', in just these letters' if content.get('case_sensitive') else '')
        ~ crm_segmentation.unknown_in_words(
            nulls, negative | length == asked | length,
            ' (or one of them is unknown)' if is_pair else ' (or is unknown)',
            ' (and both are known)' if is_pair else ' (and is known)'
        )) }}
{% endmacro %}

{# What `nulls`, and being negative without it, make of unknown. #}
{% macro unknown_in_words(nulls, is_negative, included, excluded) %}
    {%- if nulls == 'include' or (nulls is none and is_negative) -%}
        {{ return(included) }}
    {%- endif -%}
    {{ return(excluded if nulls == 'exclude' and is_negative else '') }}
{% endmacro %}

{# One operator: its verb and the rest. #}
{% macro words_of_operator(operator, value, type, over) %}
    {%- set dated = value is string
        and modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}\\Z', value)
        and type not in ['text', 'number'] -%}
    {%- if operator in ['eq', 'neq'] -%}
        {{ return([
            'is', ('not ' if operator == 'neq' else '') ~ ('on ' if dated else '')
                ~ (crm_segmentation.number_in_words(value) if type == 'number'
                    else crm_segmentation.value_in_words(value))
        ]) }}
    {%- elif operator in ['in', 'not_in'] -%}
        {{ return(['is', ('not ' if operator == 'not_in' else '')
            ~ crm_segmentation.list_in_words(value)]) }}
    {%- elif operator in ['between', 'not_between'] -%}
        {%- set negation = 'not ' if operator == 'not_between' else '' -%}
        {%- if value[0] is string and '-' in value[0][1:] -%}
            {{ return(['is', negation ~ 'from ' ~ value[0] ~ ' to ' ~ value[1]]) }}
        {%- endif -%}
        {{ return(['is', crm_segmentation.comparison_in_words({operator: value})]) }}
    {%- elif operator in ['gt', 'gte', 'lt', 'lte'] -%}
        {{ return(['is', crm_segmentation.comparison_in_words({operator: value})]) }}
    {%- elif operator in ['is_null', 'not_null'] -%}
        {%- if type == 'values' -%}
            {{ return(['have', ('no' if operator == 'is_null' else 'at least one')
                ~ ' value']) }}
        {%- endif -%}
        {{ return(['is', 'unknown' if operator == 'is_null' else 'known']) }}
    {%- elif operator in ['before', 'on_or_before', 'after', 'on_or_after'] -%}
        {{ return(['is', operator | replace('_', ' ') ~ ' ' ~ value]) }}
    {%- elif operator in crm_segmentation.window_words().attribute -%}
        {{ return(['is', crm_segmentation.window_in_words(operator, value)]) }}
    {%- elif operator == 'anniversary_in_next' -%}
        {{ return(['has', 'its anniversary in the next '
            ~ crm_segmentation.span_in_words(value)]) }}
    {%- elif operator == 'years' -%}
        {{ return(['is', crm_segmentation.comparison_in_words(value)
            ~ ' full years ago']) }}
    {%- elif operator == 'within_km' -%}
        {{ return(['is', 'within ' ~ crm_segmentation.number_in_words(value.km)
            ~ ' km of ' ~ crm_segmentation.plain_digits(value.of[0]) ~ ', '
            ~ crm_segmentation.plain_digits(value.of[1])]) }}
    {%- elif operator.endswith('_attribute') -%}
        {#- of a row it is a column -#}
        {%- set other = value | replace('_', ' ') if type is none
            else crm_segmentation.attribute_in_words(value) -%}
        {%- set later = type in ['date', 'timestamp'] -%}
        {{ return(['is', {
            'eq': 'the same as ',
            'neq': 'another than ',
            'gt': 'after ' if later else 'more than ',
            'gte': 'on or after ' if later else 'at least ',
            'lt': 'before ' if later else 'less than ',
            'lte': 'on or before ' if later else 'at most ',
        }[operator[:-10]] ~ other]) }}
    {%- elif operator in ['top_percent', 'bottom_percent', 'top', 'bottom'] -%}
        {%- set within = ' among the accounts with the same '
            ~ crm_segmentation.attribute_in_words(over) if over else '' -%}
        {%- set number = crm_segmentation.number_in_words(value) -%}
        {{ return(['is', 'in the ' ~ operator.split('_')[0] ~ ' ' ~ number ~ ' %' ~ within
            if operator.endswith('_percent')
            else 'one of the ' ~ number ~ ' '
                ~ ('highest' if operator == 'top' else 'lowest') ~ within]) }}
    {%- endif -%}
    {{ return(crm_segmentation.words_of_text_operator(operator, value)) }}
{% endmacro %}

{# Operators on parts of a text, and on attributes of many values. #}
{% macro words_of_text_operator(operator, value) %}
    {%- if operator.startswith('has_') -%}
        {{ return({
            'has_any': ['include', crm_segmentation.list_in_words(value)],
            'has_all': ['include', crm_segmentation.list_in_words(value, 'and')],
            'has_none': ['do', 'not include ' ~ crm_segmentation.list_in_words(value)],
            'has_only': [
                'are', 'known and nothing but ' ~ crm_segmentation.list_in_words(value)
            ],
        }[operator]) }}
    {%- endif -%}
    {%- set negative = operator.startswith('not_') -%}
    {%- set word = operator[4:] if negative else operator -%}
    {%- set several = value is sequence and value is not string and value | length > 1 -%}
    {%- set verb = {
        'contains': 'contain', 'starts_with': 'start with', 'ends_with': 'end with',
        'matches': 'match the pattern'
    }[word] -%}
    {%- set listed = crm_segmentation.list_in_words(value, 'or', quoted=true) -%}
    {%- if negative -%}
        {{ return(['does', 'not ' ~ verb ~ ' ' ~ listed]) }}
    {%- endif -%}
    {%- set verb = {
        'contains': 'contains', 'starts_with': 'starts', 'ends_with': 'ends',
        'matches': 'matches'
    }[word] -%}
    {{ return([verb, {
        'contains': '', 'starts_with': 'with ', 'ends_with': 'with ',
        'matches': 'the pattern ',
    }[word] ~ listed]) }}
{% endmacro %}
