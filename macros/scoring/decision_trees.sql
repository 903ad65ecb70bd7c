{#
    The declared decision trees: the setting `decision_trees`, name -> declaration.

    | key          | meaning                                                   |
    |--------------|-----------------------------------------------------------|
    | label        | for people; without it, it is made of the name            |
    | target       | what the tree tells apart: a name of modelling_targets    |
    | value        | of a target that is an attribute: the value, like         |
    |              | cluster 3, that is told from all others                   |
    | features     | attributes that it may ask; default: a sensible list      |
    | exclude      | attributes of that list which it may not ask: those that  |
    |              | define the target, else the tree only finds its own rule  |
    | reasons      | protected attribute -> why it is needed and permitted     |
    | max_depth    | conditions on the way to a leaf, 1 to 8; default 4        |
    | minimum_leaf | accounts in a leaf that it learns from, the setting       |
    |              | modelling_sample_least_group or more; default 20          |
    | seed         | whole number that settles ties between splits; default 0  |

    Gives a list in the order of declaration, each with every key and `name`.
    Errors: all of them together.
#}
{% macro decision_tree_declarations() %}
    {{ return(
        crm_segmentation.kept_for_run('decision_trees')
        or crm_segmentation.keep_for_run(
            'decision_trees', crm_segmentation.read_declarations(
                crm_segmentation.setting('decision_trees') or {},
                crm_segmentation.read_decision_tree, 'decision_trees'
            )
        )
    ) }}
{% endmacro %}

{# One declaration with every key; what is wrong is added to `problems`. #}
{% macro read_decision_tree(name, declaration, problems) %}
    {%- set keys = [
        'label', 'target', 'value', 'features', 'exclude', 'reasons', 'max_depth',
        'minimum_leaf', 'seed'
    ] -%}
    {%- set where = " in var 'decision_trees', " ~ name -%}
    {%- set least_group = crm_segmentation.sample_setting(
        'modelling_sample_least_group'
    ) -%}
    {%- if declaration is not mapping -%}
        {%- do problems.append(
            'No declaration' ~ where ~ ": got '" ~ declaration ~ "'; allowed: a "
            ~ 'mapping with ' ~ keys | join(', ') ~ '.'
        ) -%}
        {{ return({}) }}
    {%- endif -%}
    {%- for key in declaration if key not in keys -%}
        {%- do problems.append(
            'Unknown key' ~ where ~ ": got '" ~ key ~ "'; allowed: "
            ~ keys | join(', ') ~ '. ' ~ crm_segmentation.did_you_mean(key, keys)
        ) -%}
    {%- endfor -%}
    {%- for key, least, most, default in [
        ('max_depth', 1, 8, 4),
        ('minimum_leaf', least_group, none, [least_group, 20] | max),
        ('seed', 0, none, 0)
    ] -%}
        {%- set value = declaration.get(key, default) -%}
        {%- if value is not integer or value is boolean or value < least
            or (most is not none and value > most) -%}
            {%- do problems.append(
                'Bad ' ~ key ~ where ~ ": got '" ~ value ~ "'; allowed: a whole "
                ~ 'number from ' ~ least ~ (' to ' ~ most if most else '') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set targets = {} -%}
    {%- for entry in crm_segmentation.modelling_target_declarations() -%}
        {%- do targets.update({entry.name: entry}) -%}
    {%- endfor -%}
    {%- set target = targets.get(declaration.get('target')) -%}
    {%- if not target -%}
        {%- do problems.append(
            'Unknown target' ~ where ~ ": got '" ~ declaration.get('target')
            ~ "'; allowed: " ~ (targets.keys() | join(', ') or 'none yet')
            ~ '. Declare it in the setting modelling_targets. '
            ~ crm_segmentation.did_you_mean(declaration.get('target'), targets.keys())
        ) -%}
    {%- elif ('attribute' in target) != ('value' in declaration) -%}
        {%- do problems.append(
            ('No value' if 'attribute' in target else 'A value') ~ where ~ ": got '"
            ~ declaration.get('value') ~ "'; allowed: a value where the target is an "
            ~ 'attribute, and none where it is a group, a flag or a campaign, as '
            ~ target.name ~ ' is'
            ~ (' not' if 'attribute' in target else '') ~ '.'
        ) -%}
    {%- elif 'attribute' in target
        and crm_segmentation.attribute_catalog()[target.attribute].type == 'number'
        and not modules.re.match(
            '^-?[0-9]+(\\.[0-9]+)?\\Z', declaration.value | string
        ) -%}
        {%- do problems.append(
            'No number' ~ where ~ ", value: got '" ~ declaration.value
            ~ "'; allowed: a number like 3, since the target " ~ target.name
            ~ ' is the attribute ' ~ target.attribute ~ ', which is one.'
        ) -%}
    {%- endif -%}
    {%- set reasons = crm_segmentation.declared_reasons(declaration, where, problems) -%}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set told = target.attribute if target and 'attribute' in target else none -%}
    {%- set features = declaration.get(
        'features',
        crm_segmentation.default_tree_features() | reject('equalto', told) | list
    ) -%}
    {%- if told is not none and features is not string and features is iterable
        and told in features -%}
        {%- do problems.append(
            'Target as a feature' ~ where ~ ", features: got '" ~ told
            ~ "'; allowed: any other attribute, since the tree would only find the "
            ~ 'value again. Leave it out.'
        ) -%}
    {%- endif -%}
    {%- set excluded = declaration.get('exclude', []) -%}
    {%- set lists = {'features': features, 'exclude': excluded} -%}
    {%- set kept = [] -%}
    {%- for key, names in lists.items() -%}
        {%- if names is string or names is mapping or names is not iterable -%}
            {%- do problems.append(
                'No list' ~ where ~ ', ' ~ key ~ ": got '" ~ names
                ~ "'; allowed: a list of attributes."
            ) -%}
        {%- else -%}
            {%- for attribute in names if attribute not in catalog -%}
                {%- do problems.append(
                    'Unknown attribute' ~ where ~ ', ' ~ key ~ ": got '" ~ attribute
                    ~ "'; allowed: an attribute of the catalogue. "
                    ~ crm_segmentation.did_you_mean(attribute, catalog.keys())
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for attribute in features | unique
        if attribute in catalog and attribute not in excluded -%}
        {%- if catalog[attribute].type in ['number', 'text', 'boolean'] -%}
            {%- do kept.append(attribute) -%}
        {%- else -%}
            {%- do problems.append(
                'Feature of type ' ~ catalog[attribute].type ~ where ~ ": got '"
                ~ attribute ~ "'; allowed: attributes of type number, text or "
                ~ 'boolean. Take the KPI that counts days, or leave it out.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not kept -%}
        {%- do problems.append(
            'No feature' ~ where ~ ": got none; allowed: at least one attribute. "
            ~ 'Exclude fewer.'
        ) -%}
    {%- endif -%}
    {{ return({
        'name': name,
        'label': declaration.get('label', name | replace('_', ' ') | capitalize),
        'target': declaration.get('target'),
        'value': declaration.get('value'),
        'features': kept,
        'reasons': reasons,
        'max_depth': declaration.get('max_depth', 4),
        'minimum_leaf': declaration.get('minimum_leaf', [least_group, 20] | max),
        'seed': declaration.get('seed', 0),
    }) }}
{% endmacro %}

{# What a tree may ask unless it is told: who, how large, how recent, how much. #}
{% macro default_tree_features() %}
    {{ return([
        'kind', 'country_code', 'region', 'industry', 'employee_count',
        'annual_revenue_amount', 'tier', 'customer_group', 'is_partner',
        'days_since_last_order', 'days_since_first_order', 'order_count_365d',
        'revenue_365d', 'revenue_change_percent_365d', 'average_order_value_all',
        'product_count_365d', 'preferred_category', 'visit_count_90d',
        'campaign_response_count_365d', 'service_interaction_count_365d',
        'days_until_renewal', 'nps_score', 'csat_score'
    ]) }}
{% endmacro %}

{# Whom the trees are about, as conditions of a rule: those who may be in the sample. #}
{% macro tree_population() %}
    {{ return(
        [{'order_count_all': {'gte': 1}}]
        if crm_segmentation.setting('modelling_sample_base') == 'customers' else []
    ) }}
{% endmacro %}

{# Every attribute that some tree may ask, once. #}
{% macro tree_features() %}
    {%- set names = [] -%}
    {%- for tree in crm_segmentation.decision_tree_declarations() -%}
        {%- for name in tree.features if name not in names -%}
            {%- do names.append(name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{#
    SQL: the query that sends every account of the trees' population down each tree.

    Needs the CTEs `accounts` (account_id, as_of_date and the columns of
    tree_features(), named so) and `nodes` (tree, node_id, feature, feature_type,
    threshold, categories, listed_go_left, missing_goes_left, left_node_id,
    right_node_id), and gives the CTE `arrived` with account_id, as_of_date, tree and
    node_id. One step a level of the deepest tree.
#}
{% macro tree_walk() %}
    {%- set catalog = crm_segmentation.attribute_catalog() -%}
    {%- set depths = [0] -%}
    {%- for tree in crm_segmentation.decision_tree_declarations() -%}
        {%- do depths.append(tree.max_depth) -%}
    {%- endfor -%}
    {%- set numbers = [] -%}
    {%- set texts = [] -%}
    {%- for name in crm_segmentation.tree_features() -%}
        {%- set column = 'accounts.' ~ name -%}
        {%- if catalog[name].type == 'text' -%}
            {%- do texts.append([name, crm_segmentation.listed_category(column)]) -%}
        {%- elif catalog[name].type == 'boolean' -%}
            {%- do numbers.append([
                name, 'case when ' ~ column ~ ' then 1 when not ' ~ column ~ ' then 0 end'
            ]) -%}
        {%- else -%}
            {%- do numbers.append([name, column]) -%}
        {%- endif -%}
    {%- endfor -%}
step_0 as (

    select
        accounts.account_id,
        accounts.as_of_date,
        nodes.tree,
        nodes.node_id
    from accounts
    cross join nodes
    where nodes.node_id = 0

),
{%- for level in range(1, depths | max + 1) %}

asked_{{ level }} as (

    select
        step_{{ level - 1 }}.account_id,
        step_{{ level - 1 }}.as_of_date,
        step_{{ level - 1 }}.tree,
        step_{{ level - 1 }}.node_id,
        nodes.feature_type,
        nodes.threshold,
        nodes.categories,
        nodes.listed_go_left,
        nodes.missing_goes_left,
        nodes.left_node_id,
        nodes.right_node_id,
        case
            {%- for name, value in numbers %}
            when nodes.feature = {{ crm_segmentation.text_literal(name) }}
                then cast({{ value }} as decimal(24, 6))
            {%- endfor %}
            when 1 = 0 then 0
        end as number_value,
        case
            {%- for name, value in texts %}
            when nodes.feature = {{ crm_segmentation.text_literal(name) }}
                then {{ value }}
            {%- endfor %}
            when 1 = 0 then ''
        end as text_value
    from step_{{ level - 1 }}
    inner join accounts
        on step_{{ level - 1 }}.account_id = accounts.account_id
    inner join nodes
        on step_{{ level - 1 }}.tree = nodes.tree
        and step_{{ level - 1 }}.node_id = nodes.node_id

),

step_{{ level }} as (

    select
        account_id,
        as_of_date,
        tree,
        case
            when left_node_id is null then node_id
            when
                case
                    when number_value is null and text_value is null
                        then missing_goes_left
                    when feature_type = 'text'
                        then (position(text_value in categories) > 0) = listed_go_left
                    else coalesce(number_value < threshold, true)
                end
                then left_node_id
            else right_node_id
        end as node_id
    from asked_{{ level }}

),
{%- endfor %}

arrived as (

    select * from step_{{ depths | max }}

)
{%- endmacro %}

{# SQL: a text as decision_tree_nodes lists categories: folded, between bars. #}
{% macro listed_category(expression) %}
    {%- set bar = crm_segmentation.text_literal('|') -%}
    {{- return(
        bar ~ " || replace(replace(" ~ crm_segmentation.fold(expression) ~ ", "
        ~ crm_segmentation.text_literal('\\') ~ ", "
        ~ crm_segmentation.text_literal('\\\\') ~ "), " ~ bar ~ ", "
        ~ crm_segmentation.text_literal('\\p') ~ ") || " ~ bar
    ) -}}
{% endmacro %}

{# SQL: of each declared tree the rows of its current fit. #}
{% macro current_trees() -%}
{%- for tree in crm_segmentation.decision_tree_declarations() %}
select * from (
    {{ crm_segmentation.current_fit(tree.name, ref('tree_parameters')) | indent(4) }}
) as tree_{{ loop.index }}
{{ 'union all' if not loop.last }}
{%- else %}
select * from {{ ref('tree_parameters') }} where 1 = 0
{%- endfor %}
{%- endmacro %}
