{#
    Kind 29a: was the account a member of a recorded group on a day before as_of?

        was_member: {group: vip_dach, day: 2025-12-31}
#}
{% macro read_was_member(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(context, given, path, ['group', 'day']) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set group = crm_segmentation.read_recorded_group(context, given, path) -%}
    {%- set day = none -%}
    {%- if 'day' in given -%}
        {%- set day = crm_segmentation.read_value(
            context, {'name': 'the day', 'type': 'date'}, given.day, path ~ '.day'
        ) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set tree = {'was_member': {'group': group, 'day': day.value}} -%}
    {%- if day.day >= context.as_of -%}
        {#- who will be a member is not known -#}
        {{ return({'tree': tree, 'sql': 'false', 'atomic': true}) }}
    {%- endif -%}
    {%- set spells = 'int_group_membership_spells' -%}
    {%- set literal = crm_segmentation.date_literal(day.day) -%}
    {%- set found = crm_segmentation.spell_evidence(context, 'group_name', group, [
        spells ~ '.valid_from <= ' ~ literal,
        '(' ~ spells ~ '.valid_to is null or ' ~ spells ~ '.valid_to > ' ~ literal ~ ')',
    ]) -%}
    {{ return({
        'tree': tree,
        'sql': 'coalesce(' ~ found ~ ', 0) > 0',
        'not_sql': 'coalesce(' ~ found ~ ', 0) = 0',
        'atomic': true,
    }) }}
{% endmacro %}

{# The recorded group that a leaf names; none where it is not recorded. #}
{% macro read_recorded_group(context, given, path) %}
    {%- set recorded = crm_segmentation.recorded_groups() -%}
    {%- set name = given.get('group') -%}
    {%- if name is string and name in recorded -%}
        {{ return(name) }}
    {%- endif -%}
    {%- if 'group' in given -%}
        {%- set near = crm_segmentation.did_you_mean(name, recorded) -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.group', 'not a recorded group', name,
            recorded | sort or 'none is recorded',
            near ~ (' ' if near else '') ~ "To have a group recorded from the next run on, "
            ~ "name it in var 'recorded_groups'."
        ) -%}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{#
    An aggregate over an account's spells of one group or attribute that satisfy the
    conditions: how many they are, unless it is another one.
#}
{% macro spell_evidence(context, selector, selected, conditions, aggregate='count(*)') %}
    {%- set model = {
        'group_name': 'int_group_membership_spells',
        'attribute': 'int_account_attribute_spells',
    }[selector] -%}
    {{ return(crm_segmentation.evidence(
        context,
        {
            'name': model ~ '_evidence',
            'model': model,
            'selector': selector,
            'visible': [],
        },
        aggregate,
        selected,
        conditions
    )) }}
{% endmacro %}
