{#
    Kind 23c: did it in so many of the last periods.

        regular: {name: order, period: 30d, periods: 6, min_periods: 4,
                  count: {gte: 1}}

    Periods are counted back from as_of, each from it and not from its neighbour.
#}
{% macro read_regular(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['period', 'periods', 'min_periods', 'count'], []
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set compared = crm_segmentation.read_comparison(
        context, given.get('count', {'gte': 1}), path ~ '.count', 'count'
    ) -%}
    {%- for key, example in {'period': '30d', 'periods': 6, 'min_periods': 4}.items()
        if key not in given -%}
        {%- do crm_segmentation.missing_key(
            context, path, key, key ~ ': ' ~ example
        ) -%}
    {%- endfor -%}
    {#- a column of evidence each -#}
    {%- set periods = crm_segmentation.read_whole_number(
        context, 'periods', given.periods, path ~ '.periods', 'periods'
    ) if 'periods' in given else none -%}
    {%- set least = crm_segmentation.read_whole_number(
        context, 'min_periods', given.min_periods, path ~ '.min_periods', 'periods',
        none if periods is none else periods.value
    ) if 'min_periods' in given else none -%}
    {%- set days = [context.as_of] -%}
    {%- for times in range(1, (1 if periods is none else periods.value) + 1)
        if 'period' in given and (context.errors | length == before or times == 1) -%}
        {%- do days.insert(0, crm_segmentation.read_duration(
            context, given.period, path ~ '.period', -1, times=times
        )) -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set cases = [] -%}
    {%- for count in crm_segmentation.count_between(context, selection, days) -%}
        {%- do cases.append(crm_segmentation.number_if(
            crm_segmentation.comparison_sql(count, compared) | join('\nand '), 1
        )) -%}
    {%- endfor -%}
    {%- set value = '(\n    ' ~ cases | join('\n+ ') | indent(4) ~ '\n)' -%}
    {{ return({
        'tree': {'regular': dict(
            selection.tree, period=given.period, periods=periods.value,
            min_periods=least.value, count=compared.value
        )},
        'sql': value ~ ' >= ' ~ least.sql,
        'atomic': true,
        'value_sql': value,
        'thresholds': [least.sql],
    }) }}
{% endmacro %}
