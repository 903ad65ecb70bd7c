{# The label of an event inside a sentence; more than one: orders. #}
{% macro event_in_words(name, plural=true) %}
    {%- set entry = crm_segmentation.event_catalog()[name] -%}
    {%- set label = crm_segmentation.label_in_words(
        entry.get('label') or name | replace('_', ' ')
    ) -%}
    {{ return(crm_segmentation.plural_in_words(label) if plural else label) }}
{% endmacro %}

{% macro plural_in_words(word) %}
    {%- if word.endswith('s') or word.endswith('back') -%}
        {{ return(word) }}
    {%- elif modules.re.match('.*[^aeiou]y\\Z', word) -%}
        {{ return(word[:-1] ~ 'ies') }}
    {%- elif modules.re.match('.*(x|ch|sh)\\Z', word) -%}
        {{ return(word ~ 'es') }}
    {%- endif -%}
    {{ return(word ~ 's') }}
{% endmacro %}

{# A node over one row, with ` where ` before it; a list is read as all. #}
{% macro where_in_words(node, joint=' where ') %}
    {%- if not node -%}
        {{ return('') }}
    {%- endif -%}
    {{ return(joint ~ crm_segmentation.tree_in_words(
        node if node is mapping else {'all': node}, over_rows=true
    )) }}
{% endmacro %}

{# A selection: `orders in the last 90 days where channel is web`. #}
{% macro selection_in_words(content, plural=true) %}
    {%- set content = {'name': content} if content is string else content -%}
    {{ return(crm_segmentation.event_in_words(content.name, plural)
        ~ crm_segmentation.fact_window_in_words(content)
        ~ crm_segmentation.where_in_words(content.get('where'))) }}
{% endmacro %}

{# Kinds 20 and 21. #}
{% macro words_of_event(content) %}
    {%- for word in ['sum', 'avg', 'min', 'max', 'distinct'] if word in content -%}
        {%- set column = content[word].of | replace('_', ' ') -%}
        {%- set what = {
            'sum': 'the sum of ' ~ column,
            'avg': 'the mean ' ~ column,
            'min': 'the smallest ' ~ column,
            'max': 'the largest ' ~ column,
            'distinct': 'the number of different values of ' ~ column,
        }[word] -%}
        {{ return(what ~ ' over ' ~ crm_segmentation.selection_in_words(content)
            ~ ' is ' ~ crm_segmentation.comparison_in_words(content[word])
            ~ (' (or there are none)' if content.get('if_empty') else '')) }}
    {%- endfor -%}
    {%- set asked = content.get('count', {'gte': 1}) -%}
    {%- set asked = asked if asked is mapping else {'eq': asked} -%}
    {%- if asked in [{'eq': 0}, {'lt': 1}, {'lte': 0}] -%}
        {{ return('has no '
            ~ crm_segmentation.selection_in_words(content, plural=false)) }}
    {%- elif asked in [{'gte': 1}, {'gt': 0}] -%}
        {{ return('has at least 1 '
            ~ crm_segmentation.selection_in_words(content, plural=false)) }}
    {%- endif -%}
    {{ return('has ' ~ ('exactly ' if asked.keys() | list == ['eq'] else '')
        ~ crm_segmentation.comparison_in_words(asked) ~ ' '
        ~ crm_segmentation.selection_in_words(content, plural=asked != {'eq': 1})) }}
{% endmacro %}

{# Kind 22. #}
{% macro words_of_first_event(content) %}
    {{ return(crm_segmentation.words_of_end(content, 'first')) }}
{% endmacro %}

{% macro words_of_last_event(content) %}
    {{ return(crm_segmentation.words_of_end(content, 'last')) }}
{% endmacro %}

{% macro words_of_end(content, which) %}
    {%- set text = 'the ' ~ which ~ ' '
        ~ crm_segmentation.event_in_words(content.name, plural=false)
        ~ crm_segmentation.where_in_words(content.get('where')) -%}
    {%- set window = crm_segmentation.fact_window_in_words(content) -%}
    {%- set parts = [] -%}
    {%- if window -%}
        {%- do parts.append('lies' ~ window) -%}
    {%- endif -%}
    {%- if content.get('has') -%}
        {%- do parts.append(
            crm_segmentation.where_in_words(content.has, 'is one where ')
        ) -%}
    {%- endif -%}
    {{ return(text ~ ' ' ~ (parts | join(' and ') or 'is known')
        ~ (' (or there is none)' if content.get('if_empty') else '')) }}
{% endmacro %}

{# Kind 19. #}
{% macro words_of_trend(content) %}
    {%- set what = crm_segmentation.event_in_words(content.name)
        ~ crm_segmentation.where_in_words(content.get('where')) -%}
    {%- set span = crm_segmentation.span_in_words(content.within) -%}
    {{ return(
        ('the sum of ' ~ content.sum.of | replace('_', ' ') ~ ' over ' ~ what
            if content.get('sum') else 'the number of ' ~ what)
        ~ ' in the last ' ~ span ~ ' against the ' ~ span ~ ' before changes by '
        ~ crm_segmentation.comparison_in_words(content.change_percent, ' %')
    ) }}
{% endmacro %}

{# Kinds 23. #}
{% macro words_of_stopped(content) %}
    {%- set near = crm_segmentation.duration_in_words(content.active[0]) -%}
    {{ return('has stopped: no '
        ~ crm_segmentation.event_in_words(content.name, plural=false)
        ~ crm_segmentation.where_in_words(content.get('where')) ~ ' in the last '
        ~ crm_segmentation.span_in_words(content.active[0]) ~ ', at least 1 from '
        ~ crm_segmentation.duration_in_words(content.active[1]) ~ ' to ' ~ near
        ~ ' ago') }}
{% endmacro %}

{% macro words_of_restarted(content) %}
    {%- set near = crm_segmentation.duration_in_words(content.silent[0]) -%}
    {%- set far = crm_segmentation.duration_in_words(content.silent[1]) -%}
    {{ return('has restarted: at least 1 '
        ~ crm_segmentation.event_in_words(content.name, plural=false)
        ~ crm_segmentation.where_in_words(content.get('where')) ~ ' in the last '
        ~ crm_segmentation.span_in_words(content.silent[0])
        ~ ', none from ' ~ far ~ ' to ' ~ near ~ ' ago, at least 1 before that') }}
{% endmacro %}

{% macro words_of_regular(content) %}
    {%- set asked = content.get('count', {'gte': 1}) -%}
    {%- set what = crm_segmentation.event_in_words(
        content.name, plural=asked not in [{'gte': 1}, {'eq': 1}, 1]
    ) ~ crm_segmentation.where_in_words(content.get('where')) -%}
    {{ return('is regular: ' ~ crm_segmentation.comparison_in_words(asked)
        ~ ' ' ~ what ~ ' in at least ' ~ content.get('min_periods', content.periods)
        ~ ' of the last ' ~ content.periods ~ ' periods of '
        ~ crm_segmentation.duration_in_words(content.period)) }}
{% endmacro %}

{# Kind 24. #}
{% macro words_of_sequence(content) %}
    {%- set gap = content.get('gap') -%}
    {%- set steps = [] -%}
    {%- for step in content.steps -%}
        {%- set text = crm_segmentation.selection_in_words(step, plural=false) -%}
        {%- do steps.append(('an ' if text[0] in 'aeiou' else 'a ') ~ text) -%}
    {%- endfor -%}
    {{ return('has in sequence '
        ~ steps | join(', then ' ~ ('less than ' ~ crm_segmentation.duration_in_words(gap)
            ~ ' later ' if gap else ''))
        ~ (', all with the same ' ~ content.same | replace('_', ' ')
            if content.get('same') else '')
        ~ (',' ~ crm_segmentation.fact_window_in_words(content)
            if crm_segmentation.fact_window_in_words(content) else '')) }}
{% endmacro %}

{# Kind 25. #}
{% macro words_of_abandoned(content) %}
    {%- set without = {'name': content.without} if content.without is string
        else content.without -%}
    {{ return('has abandoned 1 or more '
        ~ crm_segmentation.selection_in_words(content) ~ ': no '
        ~ crm_segmentation.event_in_words(without.name, plural=false)
        ~ (' with the same ' ~ content.same | replace('_', ' ')
            if content.get('same') else '')
        ~ crm_segmentation.where_in_words(without.get('where'))
        ~ ' in the ' ~ crm_segmentation.duration_in_words(content['for']) ~ ' after') }}
{% endmacro %}

{# Kind 26. #}
{% macro words_of_usual(content) %}
    {%- set count = content.get('min_count', 1) -%}
    {{ return('the most frequent ' ~ content.column | replace('_', ' ') ~ ' of '
        ~ crm_segmentation.selection_in_words(content) ~ ' is '
        ~ crm_segmentation.list_in_words(content['in'])
        ~ (' (' ~ count ~ ' times or more)' if count > 1 else '')) }}
{% endmacro %}

{# Kind 27. #}
{% macro words_of_related(content) %}
    {%- set entry = crm_segmentation.relation_catalog()[content.name] -%}
    {%- set label = crm_segmentation.label_in_words(
        entry.get('label') or content.name | replace('_', ' ')
    ) -%}
    {%- if 'some' in content -%}
        {{ return('has among its ' ~ label ~ ' at least 1'
            ~ crm_segmentation.where_in_words(content.some)) }}
    {%- elif 'none' in content -%}
        {{ return('has among its ' ~ label ~ ' none'
            ~ crm_segmentation.where_in_words(content['none'])) }}
    {%- endif -%}
    {{ return('has ' ~ label ~ ', and for each of them '
        ~ crm_segmentation.where_in_words(content.every, '')) }}
{% endmacro %}
