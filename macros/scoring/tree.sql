{#
    What the tree fits read from the modelling sample: see sampled_features(). Dates are
    no features of trees, since the sample knows bands of years only.
#}
{% macro tree_sampled_features() %}
    {%- set entries = [] -%}
    {%- for tree in crm_segmentation.decision_tree_declarations() -%}
        {%- for name in tree.features -%}
            {%- do entries.append({
                'feature': name,
                'fits': [tree.name],
                'reason': tree.reasons.get(name),
                'where': "var 'decision_trees', " ~ tree.name,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{# The declared tree models, by name: see fit_declarations(). #}
{% macro tree_fit_declarations() %}
    {%- set declared = {} -%}
    {%- set targets = {} -%}
    {%- for target in crm_segmentation.modelling_target_declarations() -%}
        {%- do targets.update({
            target.name: crm_segmentation.without(target, ['reason'])
        }) -%}
    {%- endfor -%}
    {%- for tree in crm_segmentation.decision_tree_declarations() -%}
        {#- words are for people and change no tree -#}
        {%- do declared.update({tree.name: dict(
            crm_segmentation.without(tree, ['label', 'reasons']),
            population=crm_segmentation.tree_population(),
            target=targets[tree.target]
        )}) -%}
    {%- endfor -%}
    {{ return(declared) }}
{% endmacro %}

{#
    The trees of the demo company. What defines a target is excluded: a tree of the VIP
    customers that may ask for revenue and country finds the rule of vip_dach again.
#}
{% macro demo_decision_trees() %}
    {{ return({
        'vip_customers': {
            'label': 'What makes a VIP customer in DACH',
            'target': 'vip_dach',
            'exclude': [
                'kind', 'country_code', 'region', 'revenue_365d',
                'average_order_value_all', 'order_count_365d', 'customer_group',
                'tier', 'product_count_365d', 'revenue_change_percent_365d'
            ],
            'max_depth': 3,
        },
        'reactivation_answers': {
            'label': 'Who answers the reactivation campaign',
            'target': 'reactivation_response',
            'exclude': ['campaign_response_count_365d'],
            'max_depth': 3,
        },
    }) }}
{% endmacro %}
