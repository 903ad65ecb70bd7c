{#
    Why an account is a member of a profile, or what it lacks: one row per account and
    node of the rule, in the order of the text.

    | column         | type    | meaning                                             |
    |----------------|---------|-----------------------------------------------------|
    | account_id     | text    | account of the profile's base                       |
    | as_of_date     | date    | day as of which the rule is asked                   |
    | line_number    | integer | place of the node in the text, from 1: the root     |
    | depth          | integer | how deep it stands, from 0                          |
    | path           | text    | where, like all[0].country_code                     |
    | condition_text | text    | what is asked, in plain English                     |
    | account_value  | text    | what the account has; NULL where there is no one    |
    |                |         | value; `(unknown)`, `never`, `none`                 |
    | is_number      | boolean | whether that is a number                            |
    | is_met         | boolean | whether the node holds                              |
    | is_missing     | boolean | whether it is a leaf that keeps the account out     |

    `account_id`: one account, or none for all of the base.
#}
{% macro explain_profile(profile, account_id=none) %}
    {%- if not execute -%}
        {{ return('select 1 as one') }}
    {%- endif -%}
    {{- crm_segmentation.explanation_sql(
        crm_segmentation.read_published_rule(profile, with_values=true), account_id
    ) -}}
{% endmacro %}

{% macro explanation_sql(rule, account_id=none) -%}
{%- set nodes = crm_segmentation.explained_nodes(rule) -%}
with {{ crm_segmentation.rule_ctes(rule) }}

account_values as (

    select
        base.account_id,
        {%- for leaf in rule.leaves if leaf.value_sql is not none %}
        {{ leaf.value_sql | indent(8) }} as value_{{ leaf.number }},
        {%- endfor %}
        {{ crm_segmentation.mask_sql(rule) | indent(8) }} as criteria_mask
    {{ crm_segmentation.rule_joins(rule) | indent(4) }}
    {%- if account_id is not none %}
    where base.account_id = {{ crm_segmentation.text_literal(account_id) }}
    {%- endif %}

),

-- what every node of the rule makes of the account, as a mask, too
account_nodes as (

    select
        account_values.*,
        {{ crm_segmentation.bits_sql(
            nodes | map(attribute='condition') | list
        ) | indent(8) }} as node_mask
    from account_values

),

explained as (

    {% for node in nodes -%}
    select
        account_id,
        {{ loop.index }} as line_number,
        {{ node.level - 1 }} as depth,
        {{ crm_segmentation.text_literal(node.path) }} as path,
        {{ crm_segmentation.text_literal(node.text) }} as condition_text,
        {% if node.has_value -%}
        coalesce({{ node.value_text }}, '{{ node.nothing }}') as account_value,
        {%- else -%}
        cast(null as text) as account_value,
        {%- endif %}
        {{ 'true' if node.is_number else 'false' }} as is_number,
        {{ node.holds }} as is_met,
        {{ node.missing_sql | indent(8) }} as is_missing
    from account_nodes
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

final as (

    select
        cast(account_id as {{ dbt.type_string() }}) as account_id,
        {{ crm_segmentation.date_literal(rule.as_of) }} as as_of_date,
        cast(line_number as integer) as line_number,
        cast(depth as integer) as depth,
        cast(path as {{ dbt.type_string() }}) as path,
        cast(condition_text as {{ dbt.type_string() }}) as condition_text,
        cast(account_value as {{ dbt.type_string() }}) as account_value,
        is_number,
        is_met,
        is_missing
    from explained

)

select * from final
{%- endmacro %}

{#
    The nodes of a rule, in the order of the text, with what a line of the explanation
    says of each. `condition` is over criteria_mask, `holds`, `fails` and `missing_sql`
    over node_mask, which has a bit a node.

    A leaf is missing if the account's failing hangs on it. Down from a root that does
    not hold, a node is at fault if it is not what its parent wants of it: to hold,
    under all, any and at_least; not to hold, under not and at_most.
#}
{% macro explained_nodes(rule) %}
    {%- set nodes = crm_segmentation.nodes_over_mask(rule, 'criteria_mask') -%}
    {%- for node in nodes -%}
        {%- set bit = 'substr(node_mask, ' ~ loop.index ~ ', 1) = ' -%}
        {%- do node.update({
            'condition': node.bare_sql,
            'holds': bit ~ "'1'",
            'fails': bit ~ "'0'",
        }) -%}
    {%- endfor -%}
    {%- for node in nodes -%}
        {%- set parent = node.parent -%}
        {%- if parent is none -%}
            {%- do node.update({'wanted': 'true', 'fault': node.fails}) -%}
        {%- elif parent.leaf is not none or parent.fault == 'false' -%}
            {#- what earns points is no condition of its own -#}
            {%- do node.update({'wanted': 'true', 'fault': 'false'}) -%}
        {%- else -%}
            {%- set wanted = crm_segmentation.wanted_of_child(parent, node) -%}
            {%- do node.update({
                'wanted': wanted,
                'fault': parent.fault ~ '\nand ' ~ {
                    'true': node.fails, 'false': node.holds,
                }.get(wanted, '(' ~ node.holds ~ ') <> (' ~ wanted ~ ')'),
            }) -%}
        {%- endif -%}
        {%- set leaf = node.leaf -%}
        {%- set has_value = leaf is not none and leaf.value_sql is not none -%}
        {%- do node.update({
            'text': crm_segmentation.tree_word_in_words(node) if leaf is none
                else crm_segmentation.sum_of_points_in_words(leaf.tree.points)
                    if leaf.kind == 'points'
                else crm_segmentation.rule_in_words(leaf.tree),
            'has_value': has_value,
            'nothing': crm_segmentation.nothing_in_words(leaf) if has_value else none,
            'value_text': crm_segmentation.value_as_text(leaf) if has_value else none,
            'is_number': has_value and crm_segmentation.has_number(leaf),
            'missing_sql': 'false' if leaf is none else node.fault,
            'path': node.path if leaf is none else leaf.path,
        }) -%}
    {%- endfor -%}
    {%- for node in nodes if node.leaf is not none and node.children -%}
        {#- what earns points says how many -#}
        {%- for child in node.children -%}
            {%- do child.update({
                'text': crm_segmentation.number_in_words(node.leaf.terms[loop.index0].add)
                    ~ ' if ' ~ child.text,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(nodes) }}
{% endmacro %}

{# What a node that is wanted to hold, or not, wants of one below it: SQL of a boolean. #}
{% macro wanted_of_child(parent, child) %}
    {%- if parent.word in ['all', 'any', 'at_least'] -%}
        {{ return(parent.wanted) }}
    {%- elif parent.word in ['not', 'at_most'] -%}
        {{ return({'true': 'false', 'false': 'true'}.get(
            parent.wanted, 'not (' ~ parent.wanted ~ ')'
        )) }}
    {%- endif -%}
    {#- exactly: too few, then more should hold; too many, then fewer. Where the count
        should not be met, any other one will do. -#}
    {%- set cases = [] -%}
    {%- for sibling in parent.children -%}
        {%- do cases.append('case when ' ~ sibling.holds ~ ' then 1 else 0 end') -%}
    {%- endfor -%}
    {%- set too_few = cases | join(' + ') ~ ' < ' ~ parent['count'] -%}
    {{ return({'true': too_few, 'false': child.fails}.get(
        parent.wanted,
        'case when ' ~ parent.wanted ~ ' then ' ~ too_few ~ ' else ' ~ child.fails
            ~ ' end'
    )) }}
{% endmacro %}

{% macro tree_word_in_words(node) %}
    {{ return({'all': 'all of', 'any': 'any of', 'not': 'not'}.get(
        node.word, node.word | replace('_', ' ') ~ ' ' ~ node['count'] ~ ' of'
    )) }}
{% endmacro %}

{# What is said where a leaf finds no value: of an attribute that is not known. #}
{% macro nothing_in_words(leaf) %}
    {%- if leaf.kind == 'attribute' -%}
        {{ return('none' if crm_segmentation.attribute_catalog()[
            leaf.tree.keys() | first
        ].type == 'values' else '(unknown)') }}
    {%- endif -%}
    {{ return({
        'event': 'none', 'usual': 'none', 'trend': 'nothing to compare with',
        'moved': '(unknown)', 'changed': '(unknown)',
    }.get(leaf.kind, 'never')) }}
{% endmacro %}

{# SQL of the text of a leaf's value. #}
{% macro value_as_text(leaf) %}
    {%- if leaf.kind == 'bucket' -%}
        {#- the percent from which on the account is in -#}
        {{ return('cast(cast((value_' ~ leaf.number
            ~ " + 1) * 0.01 as decimal(5, 2)) as text) || ' %'") }}
    {%- endif -%}
    {%- set word = leaf.tree.keys() | first -%}
    {%- set entry = crm_segmentation.attribute_catalog()[word]
        if leaf.kind == 'attribute' else {} -%}
    {#- two that are compared are a text already -#}
    {%- set is_text = 'eq_attribute' in leaf.tree[word]
        or 'neq_attribute' in leaf.tree[word] -%}
    {{ return(crm_segmentation.text_of_value(
        'value_' ~ leaf.number, none if is_text else entry.get('type')
    )) }}
{% endmacro %}

{# SQL of the text of a value of a type. #}
{% macro text_of_value(value, type) %}
    {%- if type == 'boolean' -%}
        {{ return('case when ' ~ value ~ " then 'yes' when not " ~ value
            ~ " then 'no' end") }}
    {%- endif -%}
    {{ return('cast(' ~ value ~ ' as text)') }}
{% endmacro %}

{# Is the value of a leaf a number? #}
{% macro has_number(leaf) %}
    {%- if leaf.thresholds -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set word = leaf.tree.keys() | first -%}
    {{ return(leaf.kind == 'event' or (leaf.kind == 'attribute'
        and crm_segmentation.attribute_catalog()[word].type == 'number')) }}
{% endmacro %}

{# For a command: accounts of a profile's base that look like a wrong one, at most 500. #}
{% macro accounts_like(profile, account_id) %}
    {%- if not execute -%}
        {{ return('select 1 as one') }}
    {%- endif -%}
    {%- set published = crm_segmentation.published_profiles()[profile] -%}
    {%- set given = crm_segmentation.text_literal(account_id) -%}
select account_id
from {{ published.relations[published.base] }}
where
    {% for end in ['left', 'right'] -%}
    {{ end }}(account_id, 4) = {{ end }}({{ given }}, 4)
    {%- if not loop.last %}
    or {% endif -%}
    {%- endfor %}
order by {{ crm_segmentation.by_bytes('account_id') }}
limit 500
{%- endmacro %}
