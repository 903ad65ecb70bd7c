{# Kind 28. #}
{% macro words_of_member_of(content) %}
    {{ return('is a member of ' ~ crm_segmentation.list_in_words(content)) }}
{% endmacro %}

{# Kinds 29. #}
{% macro words_of_was_member(content) %}
    {{ return('was a member of ' ~ content.group ~ ' on ' ~ content.day) }}
{% endmacro %}

{% macro words_of_entered(content) %}
    {{ return('has entered ' ~ content.group
        ~ crm_segmentation.fact_window_in_words(content)) }}
{% endmacro %}

{% macro words_of_left(content) %}
    {{ return('has left ' ~ content.group
        ~ crm_segmentation.fact_window_in_words(content)) }}
{% endmacro %}

{% macro words_of_moved(content) %}
    {{ return(crm_segmentation.words_of_step(content, 'has moved in all')) }}
{% endmacro %}

{# Kind 30. #}
{% macro words_of_changed(content) %}
    {{ return(crm_segmentation.words_of_step(content, 'has changed')) }}
{% endmacro %}

{% macro words_of_step(content, verb) %}
    {{ return(crm_segmentation.attribute_in_words(content.attribute) ~ ' ' ~ verb
        ~ (' from ' ~ crm_segmentation.value_in_words(content['from'])
            if 'from' in content else '')
        ~ (' to ' ~ crm_segmentation.value_in_words(content.to)
            if 'to' in content else '')
        ~ crm_segmentation.fact_window_in_words(content)) }}
{% endmacro %}

{# Kind 31. #}
{% macro words_of_points(content) %}
    {%- set parts = [] -%}
    {%- for item in content.of -%}
        {%- do parts.append(
            crm_segmentation.number_in_words(item.add) ~ ' if '
            ~ crm_segmentation.tree_in_words(
                item['if'] if item['if'] is mapping else {'all': item['if']}
            )
        ) -%}
    {%- endfor -%}
    {{ return(crm_segmentation.sum_of_points_in_words(content)
        ~ ' [' ~ parts | join('; ') ~ ']') }}
{% endmacro %}

{# The same without what earns them. #}
{% macro sum_of_points_in_words(content) %}
    {{ return('its points are ' ~ crm_segmentation.comparison_in_words(content)) }}
{% endmacro %}

{# Kind 32. #}
{% macro words_of_bucket(content) %}
    {{ return('is in the first ' ~ crm_segmentation.number_in_words(content.below_percent)
        ~ ' % of the draw ' ~ content.salt) }}
{% endmacro %}

{# Kind 33. #}
{% macro words_of_contactable(content) %}
    {{ return('may be contacted by ' ~ content.channel ~ ' for ' ~ content.purpose) }}
{% endmacro %}

{# Kind 34. #}
{% macro words_of_listed_in(content) %}
    {{ return('is on the list ' ~ crm_segmentation.list_in_words(content)) }}
{% endmacro %}

{# Kind 35. #}
{% macro words_of_sql(content) %}
    {{ return('the SQL condition holds: ' ~ content.expression | trim ~ ' (in SQL since '
        ~ content.reason | trim ~ ')') }}
{% endmacro %}
