{#
    Kind 19: what changed from one period to the next of the same length.

        trend: {name: order, sum: {of: net_amount}, within: 90d,
                change_percent: {lte: -30}}

    Now is `within`, the base is as long before it; without `sum` rows are counted.
    A base of 0 or below has no percents: false.
#}
{% macro read_trend(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set selection = crm_segmentation.read_selection(
        context, given, path, ['sum', 'change_percent'], ['within']
    ) -%}
    {%- if selection is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set aggregate = 'count(*)' -%}
    {%- if 'sum' in given -%}
        {%- for key in (given['sum'] if given['sum'] is mapping else []) if key != 'of' -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.sum', 'unknown key', key, 'of',
                "A trend is compared by 'change_percent'."
            ) -%}
        {%- endfor -%}
        {%- set aggregate = 'sum(' ~ crm_segmentation.read_event_column(
            context, selection, given['sum'], path ~ '.sum', 'number'
        ) ~ ')' -%}
    {%- endif -%}
    {%- for key, example in {'within': '90d', 'change_percent': '{lte: -30}'}.items()
        if key not in given -%}
        {%- do crm_segmentation.missing_key(
            context, path, key, key ~ ': ' ~ example
        ) -%}
    {%- endfor -%}
    {%- set compared = crm_segmentation.read_comparison(
        context, given.change_percent, path ~ '.change_percent', 'change_percent',
        'change'
    ) if 'change_percent' in given else none -%}
    {%- if selection.window is not none -%}
        {#- counted from as_of at once, never chained -#}
        {%- set start = crm_segmentation.read_duration(
            context, given.within, path ~ '.within', -1, times=2
        ) -%}
    {%- endif -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set middle = selection.window['from'] -%}
    {%- set now = 'coalesce(' ~ crm_segmentation.event_evidence(
        context, selection, aggregate
    ) ~ ', 0)' -%}
    {%- set base = crm_segmentation.event_evidence(
        context, dict(selection, window={'from': start, 'to': middle}), aggregate
    ) -%}
    {%- set parts = ['coalesce(' ~ base ~ ', 0) > 0']
        + crm_segmentation.comparison_sql(
            '100 * (' ~ now ~ ' - ' ~ base ~ ')', compared, times=base
        ) -%}
    {%- set tree = dict(selection.tree, change_percent=compared.value) -%}
    {%- if 'sum' in given -%}
        {%- do tree.update({'sum': given['sum']}) -%}
    {%- endif -%}
    {{ return({
        'tree': {'trend': tree},
        'sql': parts | join('\nand '),
        'atomic': false,
        'value_sql': crm_segmentation.exact_quotient(
            '100 * (' ~ now ~ ' - ' ~ base ~ ')',
            'case when ' ~ base ~ ' > 0 then ' ~ base ~ ' end', 2
        ),
        'thresholds': compared.thresholds,
    }) }}
{% endmacro %}
