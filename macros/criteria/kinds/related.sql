{#
    Kind 27: the account's rows of a declared relation, as at as_of_date.

        related: {name: contacts, some: {role: purchasing}}

    some: one row or more satisfies the node; none: no row does, and there may be no
    row; every: all rows do, and there is one at least.
#}
{% macro read_related(context, given, path) %}
    {%- set words = ['some', 'none', 'every'] -%}
    {%- set before = context.errors | length -%}
    {%- if not crm_segmentation.check_mapping(
        context, given, path, ['name'], words
    ) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set named = words | select('in', given) | list -%}
    {%- if named | length != 1 -%}
        {%- do crm_segmentation.rule_error(
            context, path,
            'more than one of some, none, every' if named
                else 'none of some, none, every',
            named | join(', ') if named else (),
            'exactly one of ' ~ words | join(', '), ''
        ) -%}
    {%- endif -%}
    {%- set relations = crm_segmentation.relation_catalog() -%}
    {%- set name = given.get('name') -%}
    {%- if name is not string or name not in relations -%}
        {%- if 'name' in given -%}
            {%- do crm_segmentation.rule_error(
                context, path ~ '.name', 'not a relation', name, relations.keys(),
                crm_segmentation.did_you_mean(name, relations.keys())
            ) -%}
        {%- endif -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set relation = relations[name] -%}
    {%- set inner = dict(context, row={
        'alias': relation.model,
        'columns': relation.columns,
        'what': "relation '" ~ name ~ "'",
    }) -%}
    {%- set read = {} -%}
    {%- for word in named -%}
        {%- set node = given[word] -%}
        {%- if node is sequence and node is not string and node is not mapping -%}
            {%- set node = {'all': node} -%}
        {%- endif -%}
        {%- do read.update({word: crm_segmentation.read_tree(
            inner, node, path ~ '.' ~ word, context.level + 1
        )}) -%}
    {%- endfor -%}
    {%- if context.errors | length > before -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set word = named[0] -%}
    {%- set table = {
        'name': relation.model ~ '_evidence',
        'model': relation.model,
        'selector': none,
        'visible': [],
    } -%}
    {%- set met = crm_segmentation.evidence(
        context, table, 'count(*)', none, [read[word].sql]
    ) -%}
    {%- if word == 'every' -%}
        {%- set rows = crm_segmentation.evidence(context, table, 'count(*)', none, []) -%}
        {#- an account without rows has no row of evidence -#}
        {%- set sql = 'coalesce(' ~ met ~ ' = ' ~ rows ~ ', false)' -%}
    {%- else -%}
        {%- set sql = 'coalesce(' ~ met ~ ', 0) ' ~ ('> 0' if word == 'some' else '= 0') -%}
    {%- endif -%}
    {{ return({
        'tree': {'related': {'name': name, word: read[word].tree}},
        'sql': sql,
        'atomic': true,
        'value_sql': 'coalesce(' ~ met ~ ', 0)',
    }) }}
{% endmacro %}
