{#
    The funnel of a rule, one row per account-level leaf:

    | column                  | meaning                                           |
    |-------------------------|---------------------------------------------------|
    | leaf_number             | its place in the criteria mask, from 1            |
    | base_count              | accounts of the base                              |
    | passes_alone_count      | of them, those that pass the leaf by itself       |
    | left_after_count        | those left after the items of the top-level `all` |
    |                         | up to the one that holds the leaf; any other root |
    |                         | is one item                                       |
    | gained_if_dropped_count | accounts that would be members if the leaf were   |
    |                         | dropped, and are not                              |
    | near_threshold_count    | those whose value is within 5 % of a number that  |
    |                         | the leaf compares with; NULL where it has none    |
    | member_count            | members by the rule                               |

    One pass over the base gives the mask of each account. All else is read off the
    masks that occur, which are few: a mask says whether its accounts are members,
    which items they pass, and, with one bit set anew, what the rule would be without
    the leaf.
#}
{% macro funnel_sql(rule) -%}
{%- set nodes = crm_segmentation.nodes_over_mask(rule, 'criteria_mask') -%}
{%- set without = crm_segmentation.nodes_over_mask(
    rule, 'mask_without', dropped='leaf_number'
) -%}
{%- set near = crm_segmentation.near_mask_sql(rule) -%}
with {{ crm_segmentation.rule_ctes(rule) }}

account_masks as (

    select
        {{ crm_segmentation.mask_sql(rule) | indent(8) }} as criteria_mask,
        {{ near | indent(8) }} as near_mask
    {{ crm_segmentation.rule_joins(rule) | indent(4) }}

),

masks as (

    select
        criteria_mask,
        near_mask,
        count(*) as account_count
    from account_masks
    group by criteria_mask, near_mask

),

leaves as (

    {% for leaf in crm_segmentation.funnel_leaves(nodes) -%}
    select
        {{ leaf.number }} as leaf_number,
        {{ leaf.item }} as item_number,
        '{{ leaf.dropped_bit }}' as dropped_bit,
        {{ 'true' if leaf.has_threshold else 'false' }} as has_threshold
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

-- an empty base leaves the leaves with nothing, not without a row
judged as (

    select
        leaves.leaf_number,
        leaves.item_number,
        leaves.has_threshold,
        masks.criteria_mask,
        masks.near_mask,
        substr(masks.criteria_mask, 1, leaves.leaf_number - 1)
        || leaves.dropped_bit
        || substr(masks.criteria_mask, leaves.leaf_number + 1) as mask_without,
        coalesce(masks.account_count, 0) as account_count
    from leaves
    left join masks
        on 1 = 1

),

final as (

    select
        leaf_number,
        sum(account_count) as base_count,
        sum(
            case
                when substr(criteria_mask, leaf_number, 1) = '1' then account_count
                else 0
            end
        ) as passes_alone_count,
        sum(
            case
                when
                    {{ crm_segmentation.prefix_sql(nodes[0]) | indent(20) }}
                    then account_count
                else 0
            end
        ) as left_after_count,
        sum(
            case
                when
                    {{ without[0].sql | indent(20) }}
                    and not ({{ nodes[0].bare_sql | indent(20) }})
                    then account_count
                else 0
            end
        ) as gained_if_dropped_count,
        case
            when has_threshold
                then sum(
                    case
                        when substr(near_mask, leaf_number, 1) = '1'
                            then account_count
                        else 0
                    end
                )
        end as near_threshold_count,
        sum(
            case
                when {{ nodes[0].bare_sql | indent(20) }} then account_count
                else 0
            end
        ) as member_count
    from judged
    group by leaf_number, has_threshold

)

select * from final
{%- endmacro %}

{#
    For each leaf, from the nodes of a rule: number, item of the top-level `all`, and
    `dropped_bit`, which stands for the leaf when it is dropped. It counts as true
    directly under `all` and as the root, as false in any other list; a `not` around
    it is dropped with it, so under `not` the bit is the contrary.
#}
{% macro funnel_leaves(nodes) %}
    {%- set leaves = [] -%}
    {%- set root = nodes[0] -%}
    {%- for node in nodes -%}
        {%- set parent = node.parent -%}
        {%- if parent is none -%}
            {%- do node.update({'list': 'all', 'is_turned': false, 'item': 1}) -%}
        {%- elif parent.word == 'not' -%}
            {%- do node.update({
                'list': parent['list'], 'is_turned': not parent.is_turned,
                'item': parent['item'],
            }) -%}
        {%- else -%}
            {#- points are a list, too -#}
            {%- do node.update({
                'list': parent.word or 'points', 'is_turned': false,
                'item': parent['item'],
            }) -%}
        {%- endif -%}
        {%- if parent is sameas root and root.word == 'all' -%}
            {%- do node.update({'item': loop.index0}) -%}
        {%- endif -%}
        {%- if node.leaf is not none -%}
            {%- do leaves.append({
                'number': node.leaf.number,
                'path': node.leaf.path,
                'item': node['item'],
                'has_threshold': node.leaf.thresholds | length > 0,
                'dropped_bit': 1 if (node['list'] == 'all') != node.is_turned else 0,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if root.word == 'all' -%}
        {#- items are counted, not named by the place of their first node -#}
        {%- set starts = leaves | map(attribute='item') | unique | sort -%}
        {%- for leaf in leaves -%}
            {%- do leaf.update({'item': starts.index(leaf['item']) + 1}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(leaves) }}
{% endmacro %}

{# SQL: does a mask pass all items up to `item_number`? #}
{% macro prefix_sql(root) %}
    {%- if root.word != 'all' or root.children | length == 1 -%}
        {{ return(root.sql) }}
    {%- endif -%}
    {%- set parts = [root.children[0].sql] -%}
    {%- for child in root.children[1:] -%}
        {%- do parts.append(
            '(item_number < ' ~ (loop.index + 1) ~ ' or ' ~ child.sql ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join('\nand ')) }}
{% endmacro %}

{# SQL of a text of 0 and 1 a leaf: is the account's value near a threshold of it? #}
{% macro near_mask_sql(rule) %}
    {%- set bits = [] -%}
    {%- for leaf in rule.leaves -%}
        {%- set near = [] -%}
        {%- for threshold in leaf.thresholds -%}
            {%- do near.append('(' ~ leaf.value_sql ~ ') between '
                ~ crm_segmentation.five_percent_around(threshold) | join(' and ')) -%}
        {%- endfor -%}
        {%- do bits.append(
            'coalesce(' ~ near | join(' or ') ~ ', false)' if near else 'false'
        ) -%}
    {%- endfor -%}
    {{ return(crm_segmentation.bits_sql(bits)) }}
{% endmacro %}

{# The numbers 5 % below and above a number in plain digits, exactly. #}
{% macro five_percent_around(plain) %}
    {%- set fraction = plain.split('.')[1] if '.' in plain else '' -%}
    {%- set whole = plain.replace('.', '') | int -%}
    {%- set scale = fraction | length + 2 -%}
    {%- set ends = [] -%}
    {%- for percent in ([95, 105] if whole >= 0 else [105, 95]) -%}
        {%- set digits = '%0*d' % (scale + 1, whole | abs * percent) -%}
        {%- do ends.append(('-' if whole < 0 else '')
            ~ digits[:-scale] ~ ('.' ~ digits[-scale:]).rstrip('0').rstrip('.')) -%}
    {%- endfor -%}
    {{ return(ends) }}
{% endmacro %}
