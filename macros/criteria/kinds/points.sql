{#
    Kind 31: points for each node that holds, and a comparison with their sum.

        points: {of: [{if: {tier: A}, add: 10}, {if: {is_partner: false}, add: -5}],
                 gte: 10}

    The sum is 0 if no node holds. `if` takes a list as well, read as `all`.
#}
{% macro read_points(context, given, path) %}
    {%- set before = context.errors | length -%}
    {%- set level = context.level + 1 -%}
    {%- if given is not mapping -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'not a mapping', given,
            '{of: [{if: <node>, add: 10}, ..], gte: 50}', ''
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set of = given.get('of') -%}
    {%- set comparison = {} -%}
    {%- for key, value in given.items() if key != 'of' -%}
        {%- do comparison.update({key: value}) -%}
    {%- endfor -%}
    {%- if of is string or of is mapping or of is not sequence or of | length == 0 -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.of', 'not a list of points', of,
            'at least one {if: <node>, add: 10}', ''
        ) -%}
        {%- set of = [] -%}
    {%- endif -%}
    {%- set terms = [] -%}
    {%- for item in of -%}
        {%- set at = path ~ '.of[' ~ loop.index0 ~ ']' -%}
        {%- set errors = context.errors | length -%}
        {%- if crm_segmentation.check_mapping(context, item, at, ['if', 'add']) -%}
            {%- if 'if' in item -%}
                {%- set node = item['if'] -%}
                {%- set node = crm_segmentation.read_tree(
                    context,
                    {'all': node} if node is sequence and node is not string
                        and node is not mapping else node,
                    at ~ '.if', level
                ) -%}
            {%- endif -%}
            {%- if 'add' in item -%}
                {%- set add = crm_segmentation.read_whole_number(
                    context, 'add', item.add, at ~ '.add', -1000000, 1000000
                ) -%}
            {%- endif -%}
            {%- if context.errors | length == errors -%}
                {%- do terms.append({'node': node, 'add': add.value}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set compared = crm_segmentation.read_comparison(
        context, comparison, path, 'the sum of points'
    ) -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set cases = [] -%}
    {%- set trees = [] -%}
    {%- for term in terms -%}
        {%- do cases.append(
            'case when ' ~ term.node.sql ~ ' then ' ~ term.add ~ ' else 0 end'
        ) -%}
        {%- do trees.append({'if': term.node.tree, 'add': term.add}) -%}
    {%- endfor -%}
    {%- set sum = '(\n    ' ~ cases | join('\n+ ') | indent(4) ~ '\n)' -%}
    {%- set parts = crm_segmentation.comparison_sql(sum, compared) -%}
    {{ return({
        'tree': {'points': dict(compared.value, of=trees)},
        'sql': parts | join('\nand '),
        'atomic': parts | length == 1,
        'value_sql': sum,
        'thresholds': compared.thresholds,
        'terms': terms,
        'comparison': compared,
    }) }}
{% endmacro %}
