{#
    Kind 29b: entered, left: did the account become a member of a recorded group, or
    cease to be one, in the window?

        entered: {group: vip_dach, within: 30d}

    Who was found in the group on the first day that it was recorded has not entered
    it, and who was in it when recording stopped has not left it.
#}
{% macro read_entered(context, given, path) %}
    {{ return(crm_segmentation.read_passage(
        context, given, path, 'entered', 'valid_from', 'is_entry'
    )) }}
{% endmacro %}

{% macro read_left(context, given, path) %}
    {{ return(crm_segmentation.read_passage(
        context, given, path, 'left', 'valid_to', 'is_exit'
    )) }}
{% endmacro %}

{% macro read_passage(context, given, path, word, column, flag) %}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(
        context, given, path, ['group'], crm_segmentation.window_words().fact
    ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set group = crm_segmentation.read_recorded_group(context, given, path) -%}
    {%- set tree = {'group': group} -%}
    {%- set window = crm_segmentation.read_fact_window(context, given, path, tree) -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set spells = 'int_group_membership_spells' -%}
    {%- set conditions = [spells ~ '.' ~ flag] -%}
    {%- if window is not none -%}
        {%- do conditions.append(crm_segmentation.in_days(
            {'sql': spells ~ '.' ~ column, 'type': 'date'}, window['from'], window.to
        )) -%}
    {%- endif -%}
    {%- set found = crm_segmentation.spell_evidence(
        context, 'group_name', group, conditions
    ) -%}
    {%- set value = none -%}
    {%- if context.with_values -%}
        {#- the last time, in the window or not -#}
        {%- set value = "coalesce(cast(" ~ crm_segmentation.spell_evidence(
            context, 'group_name', group, conditions[:1],
            'max(' ~ spells ~ '.' ~ column ~ ')'
        ) ~ " as text), 'never')" -%}
    {%- endif -%}
    {{ return({
        'tree': {word: tree},
        'sql': 'coalesce(' ~ found ~ ', 0) > 0',
        'not_sql': 'coalesce(' ~ found ~ ', 0) = 0',
        'atomic': true,
        'value_sql': value,
    }) }}
{% endmacro %}
