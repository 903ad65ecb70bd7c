{#
    Kind 29c: did a recorded attribute move, by whatever way, from one value to
    another within the window?

        moved: {attribute: rfm_segment, from: Champions, to: At risk, within: 90d}

    The value in force just before the window's start is `from`, the one just before
    its end `to`; null means unknown. Where nothing was recorded, it is false.
#}
{% macro read_moved(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(
        context, given, path, ['attribute', 'from', 'to'],
        crm_segmentation.window_words().fact
    ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set tree = {} -%}
    {%- set attribute = crm_segmentation.read_recorded_attribute(context, given, path) -%}
    {%- set ends = crm_segmentation.read_recorded_values(
        context, attribute, given, path, tree
    ) -%}
    {%- set window = crm_segmentation.read_fact_window(
        context, given, path, tree, required=true
    ) -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set spells = 'int_account_attribute_spells' -%}
    {%- set parts = [] -%}
    {%- for value, day in [(ends['from'], window['from']), (ends.to, window.to)] -%}
        {%- set literal = crm_segmentation.date_literal(day) -%}
        {%- set found = crm_segmentation.spell_evidence(
            context, 'attribute', attribute.name,
            [
                spells ~ '.valid_from < ' ~ literal,
                '(' ~ spells ~ '.valid_to is null or ' ~ spells ~ '.valid_to >= '
                    ~ literal ~ ')',
                crm_segmentation.recorded_value_is(spells ~ '.value', attribute, value),
            ]
        ) -%}
        {%- do parts.append('coalesce(' ~ found ~ ', 0) > 0') -%}
    {%- endfor -%}
    {{ return({
        'tree': {'moved': tree},
        'sql': parts | join('\nand '),
        'atomic': false,
        'value_sql': crm_segmentation.recorded_value_now(context, attribute),
    }) }}
{% endmacro %}

{# The recorded attribute that a leaf names, {name, type, ..}; none where it is not. #}
{% macro read_recorded_attribute(context, given, path) %}
    {%- set recorded = crm_segmentation.recorded_attribute_entries(context.attributes) -%}
    {%- set name = given.get('attribute') -%}
    {%- if name is string and name in recorded -%}
        {{ return(dict(
            recorded[name], name=name, fold=true, unknown='For unknown write null.'
        )) }}
    {%- endif -%}
    {%- if 'attribute' in given -%}
        {%- set known = name is string and name in context.attributes -%}
        {%- set near = crm_segmentation.did_you_mean(name, recorded) -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.attribute',
            'an attribute that is not recorded' if known else 'not a recorded attribute',
            name, recorded | sort or 'none is recorded',
            near ~ (' ' if near else '') ~ 'To have an attribute recorded from the next '
            ~ "run on, name it in var 'recorded_attributes'."
        ) -%}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{# `from` and `to` of a leaf, as far as they stand there; written into `tree`, too. #}
{% macro read_recorded_values(context, attribute, given, path, tree) %}
    {%- if attribute is none -%}
        {{ return({}) }}
    {%- endif -%}
    {%- do tree.update({'attribute': attribute.name}) -%}
    {%- set values = {} -%}
    {%- for key in ['from', 'to'] if key in given -%}
        {%- set value = {'value': none} if given[key] is none
            else crm_segmentation.read_value(
                context, attribute, given[key], path ~ '.' ~ key
            ) -%}
        {%- if value is not none -%}
            {%- do values.update({key: value}) -%}
            {%- do tree.update({key: value.value}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(values) }}
{% endmacro %}

{# For an explanation: the newest recorded value that lasts; none where not asked. #}
{% macro recorded_value_now(context, attribute) %}
    {%- if not context.with_values -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set spells = 'int_account_attribute_spells' -%}
    {#- at most one spell of an account and attribute lasts -#}
    {{ return(crm_segmentation.spell_evidence(
        context, 'attribute', attribute.name, [spells ~ '.valid_to is null'],
        'max(' ~ crm_segmentation.by_bytes(spells ~ '.value') ~ ')'
    )) }}
{% endmacro %}

{#
    SQL, never NULL: is a recorded value, which is kept as text, the value that a
    rule names? `value` is what read_value() gave, or {value: none} for unknown.
#}
{% macro recorded_value_is(column, attribute, value) %}
    {%- if value.value is none -%}
        {{ return(column ~ ' is null') }}
    {%- endif -%}
    {%- if attribute.type == 'number' -%}
        {%- set sql = crm_segmentation.cast_or_null(column, 'decimal(38, 18)') ~ ' = '
            ~ value.sql -%}
    {%- elif attribute.type == 'date' -%}
        {%- set sql = column ~ " = '" ~ value.value ~ "'" -%}
    {%- elif attribute.type == 'boolean' -%}
        {%- set sql = column ~ " = '" ~ value.sql ~ "'" -%}
    {%- else -%}
        {%- set sql = crm_segmentation.fold(column) ~ ' = ' ~ value.sql -%}
    {%- endif -%}
    {{ return('coalesce(' ~ sql ~ ', false)') }}
{% endmacro %}
