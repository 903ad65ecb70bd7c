{#
    The criteria mask of a rule: text of 0 and 1, one for each account-level leaf in
    the order of the text, depth first. It says why an account is a member, and how
    near another is, without a second engine: what a rule makes of an account is a
    function of its mask alone.

    | column        | type | meaning                                          |
    |---------------|------|--------------------------------------------------|
    | account_id    | text | one row per account of the base, or per member   |
    | criteria_mask | text | 1 where the leaf holds, 0 where it does not      |

    It is asked for where it is needed and built by no model of its own:
    `rule_mask` for a rule in the text, `profile_mask` for one that is a model.
#}
{% macro rule_mask(rule_text, base='accounts', name='rule', members_only=false) %}
    {%- set rule = crm_segmentation.read_rule(rule_text, base, name) -%}
    {{- crm_segmentation.render_mask(rule, members_only) -}}
{% endmacro %}

{#
    The mask of the accounts of a profile's base, or of its members. In a model,
    write `-- depends_on: ref` of the profile above it, for the order of the build.
#}
{% macro profile_mask(profile, members_only=false) %}
    {%- if not execute -%}
        {{ return('select 1 as one') }}
    {%- endif -%}
    {%- set rule = crm_segmentation.read_published_rule(profile) -%}
    {{- crm_segmentation.render_mask(rule, members_only) -}}
{% endmacro %}

{% macro render_mask(rule, members_only=false) -%}
with {{ crm_segmentation.rule_ctes(rule) }}

final as (

    select
        cast(base.account_id as {{ dbt.type_string() }}) as account_id,
        {{ crm_segmentation.mask_sql(rule) | indent(8) }} as criteria_mask
    {{ crm_segmentation.rule_joins(rule) | indent(4) }}
    {%- if members_only %}
    where
        {{ rule.sql | indent(8) }}
    {%- endif %}

)

select * from final
{%- endmacro %}

{# SQL of the mask, among the joins of rule_joins(). #}
{% macro mask_sql(rule) %}
    {%- set bits = [] -%}
    {%- for leaf in rule.leaves -%}
        {%- do bits.append(leaf.sql) -%}
    {%- endfor -%}
    {{ return(crm_segmentation.bits_sql(bits)) }}
{% endmacro %}

{# SQL: a text of 0 and 1 from conditions that are never NULL. #}
{% macro bits_sql(conditions) %}
    {%- set groups = [] -%}
    {#- in groups: engines bound the depth of an expression, and `a || b || c` nests -#}
    {%- for group in conditions | batch(50) -%}
        {%- set bits = [] -%}
        {%- for condition in group -%}
            {%- do bits.append(
                'case when ' ~ condition | indent(4) ~ " then '1' else '0' end"
            ) -%}
        {%- endfor -%}
        {%- do groups.append(bits | join('\n|| ')) -%}
    {%- endfor -%}
    {%- if groups | length == 1 -%}
        {{ return(groups[0]) }}
    {%- endif -%}
    {{ return('(' ~ groups | join(')\n|| (') ~ ')') }}
{% endmacro %}

{#
    The nodes of a rule in the order of the text, with their SQL over a mask:

    | key              | meaning                                              |
    |------------------|------------------------------------------------------|
    | word, count      | of a tree word; none for a leaf                      |
    | leaf             | the leaf as it was read; none for a tree word        |
    | path, level      | where it stands; the root has level 1                |
    | parent, children | nodes of this list; a leaf of points has the nodes   |
    |                  | that earn them                                       |
    | sql, bare_sql    | with and without outer brackets, over `mask`         |

    `dropped`: SQL of the number of the leaf whose bit was set anew. Points are then
    added up once more, unless they are that leaf themselves.
#}
{% macro nodes_over_mask(rule, mask, dropped=none) %}
    {%- set nodes = [{'source': rule.root, 'parent': none, 'level': 1}] -%}
    {%- for node in nodes -%}
        {%- set source = node.source -%}
        {%- do node.update({
            'word': source.word, 'count': source['count'], 'leaf': source.leaf,
            'path': source.path, 'children': [], 'tree': none,
        }) -%}
        {%- set inner_sources = source.children if source.leaf is none
            else source.leaf.get('terms', []) | map(attribute='node') | list -%}
        {%- set at = loop.index -%}
        {%- for child in inner_sources -%}
            {%- set inner = {'source': child, 'parent': node, 'level': node.level + 1} -%}
            {%- do node.children.append(inner) -%}
        {%- endfor -%}
        {%- for inner in node.children -%}
            {%- do nodes.insert(at + loop.index0, inner) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for node in nodes | reverse -%}
        {%- if node.leaf is none -%}
            {%- do crm_segmentation.compose_node(node) -%}
        {%- else -%}
            {%- set bit = 'substr(' ~ mask ~ ', ' ~ node.leaf.number ~ ", 1) = '1'" -%}
            {%- if node.children and dropped is not none -%}
                {%- set bit = crm_segmentation.points_over_mask(node, bit, dropped) -%}
            {%- endif -%}
            {%- do node.update({'sql': bit, 'bare_sql': bit}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(nodes) }}
{% endmacro %}

{% macro points_over_mask(node, bit, dropped) %}
    {%- set cases = [] -%}
    {%- for child in node.children -%}
        {%- do cases.append('case when ' ~ child.sql ~ ' then '
            ~ node.leaf.terms[loop.index0].add ~ ' else 0 end') -%}
    {%- endfor -%}
    {%- set parts = crm_segmentation.comparison_sql(
        '(' ~ cases | join(' + ') ~ ')', node.leaf.comparison
    ) -%}
    {{ return(
        'case when ' ~ dropped ~ ' = ' ~ node.leaf.number ~ ' then ' ~ bit ~ ' else '
        ~ parts | join(' and ') ~ ' end'
    ) }}
{% endmacro %}
