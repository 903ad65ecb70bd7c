{#
    Read a rule: YAML text to a tree whose every node carries its SQL.

    | returned         | meaning                                               |
    |------------------|-------------------------------------------------------|
    | base             | name of the base model                                |
    | as_of            | the day as of which the rule is asked                 |
    | tree             | the rule, shorthands written out                      |
    | hash             | md5 of base and tree as JSON with sorted keys         |
    | sql              | the rule as one boolean expression, never NULL        |
    | leaves           | account-level leaves in the order of the text         |
    | attribute_models | models that hold the named attributes                 |
    | ctes             | evidence, each with one row per account               |

    Errors: all that is wrong with the rule, in one message.
#}
{% macro read_rule(rule_text, base, name) %}
    {%- set context = {
        'name': name,
        'as_of': crm_segmentation.as_of_date(),
        'errors': [],
        'attributes': crm_segmentation.attribute_catalog(),
        'events': crm_segmentation.event_catalog(),
        'attribute_models': [],
        'ctes': [],
        'leaves': [],
        'row': none,
        'count': {'leaves': 0},
        'level': 1,
    } -%}
    {%- set given = fromyaml(rule_text) -%}
    {%- set root = none -%}
    {%- if given is none -%}
        {%- do crm_segmentation.rule_error(
            context, '', 'the text is no YAML, or empty', rule_text | trim | truncate(60),
            'one node: a tree word or a leaf',
            'Indent with spaces, no tabs, and close every bracket and quote.'
        ) -%}
    {%- else -%}
        {%- set root = crm_segmentation.read_tree(context, given, '') -%}
    {%- endif -%}
    {%- do crm_segmentation.raise_rule_errors(context) -%}
    {{ return({
        'base': base,
        'as_of': context.as_of,
        'tree': root.tree,
        'hash': local_md5(tojson({'base': base, 'rule': root.tree}, sort_keys=true)),
        'sql': root.bare_sql,
        'root': root,
        'leaves': context.leaves,
        'attribute_models': context.attribute_models,
        'ctes': context.ctes,
    }) }}
{% endmacro %}
