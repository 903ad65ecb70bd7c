{# The words that hold other nodes. #}
{% macro tree_words() %}
    {{ return(['all', 'any', 'not', 'at_least', 'at_most', 'exactly']) }}
{% endmacro %}

{# The tree word that other languages call by this word, none where there is none. #}
{% macro other_tree_word(word) %}
    {{ return({
        'and': 'all', 'or': 'any', 'nor': 'not', 'none': 'not', 'none_of': 'not',
        'all_of': 'all', 'any_of': 'any', 'one_of': 'any', 'xor': 'exactly',
    }.get(word | string | lower)) }}
{% endmacro %}

{#
    Read one node and all below it. The nodes are kept in one list in the order of
    the text (children are inserted behind their parent while it is walked), then
    composed from the end: no recursion, so that depth costs no stack.

    | returned | meaning                                                   |
    |----------|-----------------------------------------------------------|
    | tree     | the node, shorthands written out                          |
    | sql      | boolean expression, never NULL, safe under and, or, not   |
    | bare_sql | the same without outer brackets                           |

    With `context.row` set the leaves are over the columns of one row. Wrong nodes
    are noted in `context.errors` and read as false.
#}
{% macro read_tree(context, given, path, level=1) %}
    {%- set limits = crm_segmentation.rule_limits() -%}
    {%- set nodes = [{'given': given, 'path': path, 'level': level}] -%}
    {%- for node in nodes -%}
        {%- do node.update({'children': [], 'word': none, 'leaf': none}) -%}
        {%- set word = node.given.keys() | first
            if node.given is mapping and node.given | length == 1 else none -%}
        {%- if node.level > limits.levels -%}
            {%- do crm_segmentation.rule_error(
                context, node.path, 'nested too deeply', (),
                'at most ' ~ limits.levels ~ ' levels', 'Split the rule into two profiles.'
            ) -%}
        {%- elif context['count'].leaves > limits.leaves
            or context.errors | length > limits.leaves -%}
            {#- enough is said, and the rest may be without end: anchors multiply -#}
        {%- elif node.given is not mapping or node.given | length == 0 -%}
            {%- do crm_segmentation.rule_error(
                context, node.path, 'not a node', node.given,
                'a mapping with exactly one key: a tree word or a leaf',
                "Write several conditions as a list under 'all'."
                if node.given is sequence and node.given is not string else ''
            ) -%}
        {%- elif node.given | length > 1 -%}
            {%- do crm_segmentation.rule_error(
                context, node.path, node.given | length ~ ' keys in one node',
                node.given.keys() | join(', '), 'exactly one',
                "Write each as an item of a list under 'all'."
            ) -%}
        {%- elif word in crm_segmentation.tree_words() -%}
            {%- do node.update({'word': word}) -%}
            {%- set prefix = (node.path ~ '.' if node.path else '') ~ word -%}
            {%- set listed = crm_segmentation.read_tree_word(
                context, word, node.given[word], prefix
            ) -%}
            {%- do node.update({'count': listed.count}) -%}
            {%- set at = loop.index -%}
            {%- for child in listed.nodes -%}
                {%- set inner = {
                    'given': child,
                    'path': prefix ~ ('' if word == 'not' else '[' ~ loop.index0 ~ ']'
                        if word in ['all', 'any'] else '.of[' ~ loop.index0 ~ ']'),
                    'level': node.level + 1,
                } -%}
                {%- do node.children.append(inner) -%}
                {%- do nodes.insert(at + loop.index0, inner) -%}
            {%- endfor -%}
        {%- else -%}
            {%- do context['count'].update({'leaves': context['count'].leaves + 1}) -%}
            {%- if context['count'].leaves == limits.leaves + 1 -%}
                {%- do crm_segmentation.rule_error(
                    context, '', 'too many leaves', (), 'at most ' ~ limits.leaves,
                    'Split the rule into several profiles and join them by member_of.'
                ) -%}
            {%- elif context['count'].leaves <= limits.leaves -%}
                {#- a node inside the leaf, like `where`, is one level deeper -#}
                {%- do context.update({'level': node.level}) -%}
                {%- do node.update({'leaf': crm_segmentation.read_leaf(
                    context, word, node.given[word],
                    (node.path ~ '.' if node.path else '') ~ word
                )}) -%}
                {%- if context.row is none and node.leaf is not none -%}
                    {%- do context.leaves.append(node.leaf) -%}
                {%- endif -%}
                {%- set at = loop.index -%}
                {%- for child in (node.leaf or {}).get('nodes', []) -%}
                    {%- set inner = dict(child, level=node.level + 1) -%}
                    {%- do node.children.append(inner) -%}
                    {%- do nodes.insert(at + loop.index0, inner) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in nodes | reverse -%}
        {%- if node.word is not none and node.children -%}
            {%- do crm_segmentation.compose_node(node) -%}
        {%- elif node.leaf is not none -%}
            {%- if node.children -%}
                {%- do crm_segmentation[node.leaf.compose](node.leaf, node.children) -%}
            {%- endif -%}
            {%- do node.update({
                'tree': node.leaf.tree,
                'bare_sql': node.leaf.sql,
                'not_sql': node.leaf.get('not_sql'),
                'sql': node.leaf.sql if node.leaf.atomic
                    else '(\n    ' ~ node.leaf.sql | indent(4) ~ '\n)',
            }) -%}
        {%- else -%}
            {%- do node.update({'tree': none, 'sql': 'false', 'bare_sql': 'false'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(nodes[0]) }}
{% endmacro %}

{# The nodes under a tree word, and the count that it asks for. #}
{% macro read_tree_word(context, word, given, path) %}
    {%- set result = {'nodes': [], 'count': none} -%}
    {%- set list = given -%}
    {%- if word == 'not' -%}
        {%- if given is mapping -%}
            {%- do result.update({'nodes': [given]}) -%}
        {%- else -%}
            {%- do crm_segmentation.rule_error(
                context, path, "'not' takes one node", given, 'one node, no list',
                "Say 'not: {any: [..]}' or 'not: {all: [..]}'."
            ) -%}
        {%- endif -%}
        {{ return(result) }}
    {%- endif -%}
    {%- if word in ['at_least', 'at_most', 'exactly'] -%}
        {%- set list = none -%}
        {%- if given is mapping -%}
            {%- set list = given.get('of') -%}
            {%- set count = given.get('count') -%}
            {%- for key in given if key not in ['count', 'of'] -%}
                {%- do crm_segmentation.rule_error(
                    context, path, 'unknown key', key, ['count', 'of'],
                    crm_segmentation.did_you_mean(key, ['count', 'of'])
                ) -%}
            {%- endfor -%}
            {%- set length = list | length
                if list is sequence and list is not string and list is not mapping
                else 0 -%}
            {%- if 'count' not in given -%}
                {%- do crm_segmentation.missing_key(context, path, 'count', 'count: 2') -%}
            {%- elif count is boolean or count is not integer or count < 0
                or (length and count > length) -%}
                {%- do crm_segmentation.rule_error(
                    context, path ~ '.count', 'not a count of this list', count,
                    'a whole number from 0 to ' ~ (length or "the length of 'of'"), ''
                ) -%}
            {%- else -%}
                {%- do result.update({'count': count}) -%}
            {%- endif -%}
        {%- else -%}
            {%- do crm_segmentation.rule_error(
                context, path, 'not a counted list', given, '{count: 2, of: [..]}', ''
            ) -%}
            {{ return(result) }}
        {%- endif -%}
        {%- if 'of' not in given -%}
            {%- do crm_segmentation.missing_key(context, path, 'of', 'of: [..]') -%}
            {{ return(result) }}
        {%- endif -%}
        {%- set path = path ~ '.of' -%}
    {%- endif -%}
    {%- set most = crm_segmentation.rule_limits()['leaves'] -%}
    {%- if list is sequence and list is not string and list is not mapping
        and 0 < list | length <= most -%}
        {%- do result.update({'nodes': list}) -%}
    {%- elif list is sequence and list is not string and list | length > most -%}
        {%- do crm_segmentation.rule_error(
            context, path, 'too many leaves', list, 'at most ' ~ most,
            'Split the rule into several profiles and join them by member_of.'
        ) -%}
    {%- else -%}
        {%- do crm_segmentation.rule_error(
            context, path,
            'empty list' if list is sequence and list is not string
                and list is not mapping else 'not a list',
            list, 'a list of at least one node',
            'Begin each condition with a dash, or put them in brackets.' if list is mapping
                else 'A rule without conditions selects nobody by accident; name at least one.'
        ) -%}
    {%- endif -%}
    {{ return(result) }}
{% endmacro %}

{# Compose a node from its children, which are composed already. #}
{% macro compose_node(node) %}
    {%- set parts = node.children | map(attribute='sql') | list -%}
    {%- set trees = node.children | map(attribute='tree') | list -%}
    {%- if node.word == 'not' -%}
        {%- set inner = node.children[0].bare_sql -%}
        {%- set contrary = node.children[0].get('not_sql') -%}
        {%- set bare = contrary if contrary else 'not (' ~ inner ~ ')' if '\n' not in inner
            else 'not (\n    ' ~ inner | indent(4) ~ '\n)' -%}
        {%- do node.update({'tree': {'not': trees[0]}, 'bare_sql': bare,
            'sql': bare, 'not_sql': parts[0]}) -%}
    {%- elif node.word in ['all', 'any'] -%}
        {%- set joint = '\nand ' if node.word == 'all' else '\nor ' -%}
        {%- set bare = parts | join(joint) -%}
        {%- do node.update({
            'tree': {node.word: trees},
            'bare_sql': bare,
            'sql': parts[0] if parts | length == 1
                else '(\n    ' ~ bare | indent(4) ~ '\n)',
        }) -%}
    {%- else -%}
        {%- set sign = {'at_least': '>=', 'at_most': '<=', 'exactly': '='}[node.word] -%}
        {%- set cases = [] -%}
        {%- for child in node.children -%}
            {%- do cases.append(crm_segmentation.number_if(child.bare_sql, 1)) -%}
        {%- endfor -%}
        {%- set bare = '(\n    ' ~ cases | join('\n+ ') | indent(4) ~ '\n) '
            ~ sign ~ ' ' ~ node.count -%}
        {%- do node.update({
            'tree': {node.word: {'count': node.count, 'of': trees}},
            'bare_sql': bare,
            'sql': bare,
        }) -%}
    {%- endif -%}
{% endmacro %}
