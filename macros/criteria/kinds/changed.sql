{#
    Kind 30: did a recorded attribute change in the window, in one step?

        changed: {attribute: rfm_segment, from: Loyal, to: At risk, within: 60d}

    One version ends where the next begins. Without `from` or `to` it is any value;
    null there means unknown. A change of case alone is none.
#}
{% macro read_changed(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(
        context, given, path, ['attribute'],
        ['from', 'to'] + crm_segmentation.window_words().fact
    ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set tree = {} -%}
    {%- set attribute = crm_segmentation.read_recorded_attribute(context, given, path) -%}
    {%- set values = crm_segmentation.read_recorded_values(
        context, attribute, given, path, tree
    ) -%}
    {%- set window = crm_segmentation.read_fact_window(context, given, path, tree) -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set spells = 'int_account_attribute_spells' -%}
    {%- set conditions = [spells ~ '.is_change'] -%}
    {%- if attribute.type == 'text' -%}
        {%- do conditions.append(
            crm_segmentation.fold(spells ~ '.value') ~ '\n    is distinct from '
            ~ crm_segmentation.fold(spells ~ '.value_before')
        ) -%}
    {%- endif -%}
    {%- for key, column in [('from', 'value_before'), ('to', 'value')]
        if key in values -%}
        {%- do conditions.append(crm_segmentation.recorded_value_is(
            spells ~ '.' ~ column, attribute, values[key]
        )) -%}
    {%- endfor -%}
    {%- if window is not none -%}
        {%- do conditions.append(crm_segmentation.in_days(
            {'sql': spells ~ '.valid_from', 'type': 'date'}, window['from'], window.to
        )) -%}
    {%- endif -%}
    {%- set found = crm_segmentation.spell_evidence(
        context, 'attribute', attribute.name, conditions
    ) -%}
    {{ return({
        'tree': {'changed': tree},
        'sql': 'coalesce(' ~ found ~ ', 0) > 0',
        'not_sql': 'coalesce(' ~ found ~ ', 0) = 0',
        'atomic': true,
        'value_sql': crm_segmentation.recorded_value_now(context, attribute),
    }) }}
{% endmacro %}
