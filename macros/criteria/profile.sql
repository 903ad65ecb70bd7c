{#
    A profile: a model whose body is nothing but criteria.

        {% call crm_segmentation.profile(base='accounts') %}
        all:
          - country_code: [DE, AT, CH]
          - revenue_365d: {gte: 50000}
        {% endcall %}

    | argument | meaning                                                        |
    |----------|----------------------------------------------------------------|
    | base     | name of a model with one row per account_id; the rule is asked |
    |          | of its accounts only                                           |
    | label    | name for people; default: the model's name in words            |

    | column     | type | meaning                                  |
    |------------|------|------------------------------------------|
    | account_id | text | one row per member account               |
    | as_of_date | date | the day as of which the rule was asked   |
    | rule_hash  | text | md5 of base and tree: which rule it was  |

    The tree, its text in plain English, its hash and the label are published in the
    node's `meta`, for docs and tools. Errors: all the errors of the rule at once.
#}
{% macro profile(base='accounts', label=none) %}
    {#- dbt renders disabled models too when it parses; the demo company's rules name
        attributes that an installing project does not have. -#}
    {%- if not model.config.enabled -%}
        {{ return('') }}
    {%- endif -%}
    {%- set rule = crm_segmentation.read_rule(caller(), base, model.name) -%}
    {%- if crm_segmentation.setting('batch_profiles')
        and 'sql' not in rule.leaves | map(attribute='kind') -%}
        {%- do config(materialized='profile_in_batch') -%}
    {%- endif -%}
    {%- do config(meta={
        'crm_segmentation': {
            'kind': 'profile',
            'label': label or model.name.replace('_', ' ') | capitalize,
            'base': base,
            'tree': rule.tree,
            'text': crm_segmentation.rule_in_words(rule.tree),
            'rule_hash': rule.hash,
        }
    }) -%}
    {{- crm_segmentation.render_members(rule) -}}
{% endmacro %}

{# The same rendering for a rule that is no model of its own: tests, tools. #}
{% macro rule_members(rule_text, base='accounts', name='rule') %}
    {%- set rule = crm_segmentation.read_rule(rule_text, base, name) -%}
    {{- crm_segmentation.render_members(rule) -}}
{% endmacro %}
