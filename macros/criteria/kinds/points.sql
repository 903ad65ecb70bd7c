{#
    Kind 31: points for each node that holds, and a comparison with their sum.

        points: {of: [{if: {tier: A}, add: 10}, {if: {is_partner: false}, add: -5}],
                 gte: 10}

    The sum is 0 if no node holds. `if` takes a list as well, read as `all`. The nodes
    are read by read_tree() like those of a tree word, and composed here after it.
#}
{% macro read_points(context, given, path) %}
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
    {%- set most = crm_segmentation.rule_limits()['leaves'] -%}
    {%- if 'of' not in given -%}
        {%- do crm_segmentation.missing_key(
            context, path, 'of', 'of: [{if: <node>, add: 10}, ..]'
        ) -%}
        {%- set of = [] -%}
    {%- elif of is string or of is mapping or of is not sequence
        or not 0 < of | length <= most -%}
        {%- do crm_segmentation.rule_error(
            context, path ~ '.of', 'not a list of points', of,
            'at least one {if: <node>, add: 10}, at most ' ~ most, ''
        ) -%}
        {%- set of = [] -%}
    {%- endif -%}
    {%- set nodes = [] -%}
    {%- set points = [] -%}
    {%- for item in of -%}
        {%- set at = path ~ '.of[' ~ loop.index0 ~ ']' -%}
        {%- if crm_segmentation.check_mapping(context, item, at, ['if', 'add']) -%}
            {%- if 'add' in item -%}
                {%- do points.append(crm_segmentation.read_whole_number(
                    context, 'add', item.add, at ~ '.add', 'added_points'
                )) -%}
            {%- endif -%}
            {%- if 'if' in item -%}
                {%- set node = item['if'] -%}
                {%- set is_list = node is sequence and node is not string
                    and node is not mapping -%}
                {%- do nodes.append({
                    'given': {'all': node} if is_list else node, 'path': at ~ '.if',
                }) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {#- of a rule with errors no SQL is asked for -#}
    {{ return({
        'tree': none,
        'sql': 'false',
        'atomic': true,
        'nodes': nodes,
        'compose': 'compose_points',
        'points': points,
        'comparison': crm_segmentation.read_comparison(
            context, comparison, path, 'the sum of points'
        ),
    }) }}
{% endmacro %}

{#
    The leaf's tree and SQL from its nodes, which are composed already, and `terms`,
    {node, add} each, with which other renderings count points.
#}
{% macro compose_points(leaf, nodes) %}
    {%- set cases = [] -%}
    {%- set trees = [] -%}
    {%- set terms = [] -%}
    {%- for node in nodes -%}
        {%- set add = (leaf.points[loop.index0] or {}).get('value') -%}
        {%- do cases.append(crm_segmentation.number_if(node.bare_sql, add)) -%}
        {%- do trees.append({'if': node.tree, 'add': add}) -%}
        {%- do terms.append({'node': node, 'add': add}) -%}
    {%- endfor -%}
    {%- set sum = '(\n    ' ~ cases | join('\n+ ') | indent(4) ~ '\n)' -%}
    {#- The sum stands there once for each operator: points in points could double it
        at every level. -#}
    {%- if leaf.comparison.parts | length > 1 and sum | length > 2000000 -%}
        {{ exceptions.raise_compiler_error(
            leaf.path ~ ": points within points with several operators: got "
            ~ sum | length ~ " characters of SQL; allowed: 2000000. "
            ~ "Write 'between' in place of two operators."
        ) }}
    {%- endif -%}
    {%- set parts = crm_segmentation.comparison_sql(sum, leaf.comparison) -%}
    {%- do leaf.update({
        'tree': {'points': dict(leaf.comparison.value, of=trees)},
        'sql': parts | join('\nand '),
        'atomic': parts | length == 1,
        'value_sql': sum,
        'thresholds': leaf.comparison.thresholds,
        'terms': terms,
    }) -%}
{% endmacro %}
