{#
    Read a rule: YAML text to a tree whose every node carries its SQL.

    | argument    | meaning                                                   |
    |-------------|-----------------------------------------------------------|
    | rule_text   | YAML, or a tree that was read before                      |
    | base        | name of the base model                                    |
    | name        | of the rule, for errors                                   |
    | relations   | name of a model -> its relation, for a rule that is read  |
    |             | outside its own model; without it every model is a `ref`  |
    | with_values | whether leaves give the value that they compare, whatever |
    |             | it costs                                                  |

    | returned         | meaning                                               |
    |------------------|-------------------------------------------------------|
    | name             | of the rule                                           |
    | base             | name of the base model                                |
    | as_of            | the day as of which the rule is asked                 |
    | tree             | the rule, shorthands written out                      |
    | hash             | md5 of base and tree as JSON with sorted keys         |
    | sql              | the rule as one boolean expression, never NULL        |
    | root             | the outermost node: word, children, leaf, sql         |
    | leaves           | account-level leaves in the order of the text, each   |
    |                  | with its `number` from 1                              |
    | relations        | as given                                              |
    | attribute_models | models that hold the named attributes                 |
    | ctes             | evidence, each with one row per account               |

    Errors: all that is wrong with the rule, in one message; with a list `errors` they
    are put into it, and nothing is returned. Rules of one `shared`, {ctes,
    attribute_models}, ask for their evidence in one pass.
#}
{% macro read_rule(
    rule_text, base, name, relations=none, with_values=false, errors=none, shared=none
) %}
    {%- set context = {
        'name': name,
        'as_of': crm_segmentation.as_of_date(),
        'errors': [],
        'attributes': crm_segmentation.attribute_catalog(),
        'events': crm_segmentation.event_catalog(),
        'attribute_models': shared.attribute_models if shared else [],
        'ctes': shared.ctes if shared else [],
        'leaves': [],
        'row': none,
        'count': {'leaves': 0},
        'level': 1,
        'relations': relations,
        'with_values': with_values,
    } -%}
    {%- set given = fromyaml(rule_text) if rule_text is string else rule_text -%}
    {%- set root = none -%}
    {%- set no_days = crm_segmentation.days_of_no_calendar(rule_text)
        if given is none and rule_text is string else [] -%}
    {%- if no_days -%}
        {%- do crm_segmentation.rule_error(
            context, '', 'not a calendar day', no_days | join(', '),
            'a calendar day like 2024-01-31'
        ) -%}
    {%- elif given is none -%}
        {%- do crm_segmentation.rule_error(
            context, '', 'the text is no YAML, or empty', rule_text | trim | truncate(60),
            'one node: a tree word or a leaf',
            'Indent with spaces, no tabs, and close every bracket and quote.'
        ) -%}
    {%- else -%}
        {%- set root = crm_segmentation.read_tree(context, given, '') -%}
    {%- endif -%}
    {%- if errors is not none and context.errors -%}
        {%- do errors.extend(context.errors) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- do crm_segmentation.raise_rule_errors(context) -%}
    {%- for leaf in context.leaves -%}
        {%- do leaf.update({'number': loop.index}) -%}
    {%- endfor -%}
    {{ return({
        'name': name,
        'base': base,
        'as_of': context.as_of,
        'tree': root.tree,
        'hash': local_md5(tojson({'base': base, 'rule': root.tree}, sort_keys=true)),
        'sql': root.bare_sql,
        'root': root,
        'leaves': context.leaves,
        'attribute_models': context.attribute_models,
        'ctes': context.ctes,
        'relations': relations,
    }) }}
{% endmacro %}

{#
    What stands in a text like a day and is none, as 2024-02-30: YAML gives up on all of
    a text that holds one without quotes.
#}
{% macro days_of_no_calendar(text) %}
    {%- set found = [] -%}
    {%- for year, month, day in modules.re.findall(
        '(?<![\\w-])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![\\w-])', text
    ) -%}
        {%- if year | int == 0 or not 1 <= month | int <= 12 or not 1 <= day | int
            <= crm_segmentation.days_in_month(year | int, month | int) -%}
            {%- do found.append(year ~ '-' ~ month ~ '-' ~ day) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#
    The relation of a model that a rule names. Every kind asks here and not `ref`,
    so that a rule can be rendered again outside of its own model, where dbt knows no
    reference of it.
#}
{% macro rule_relation(context, name) %}
    {%- if context.relations is none -%}
        {{ return(ref(name) | string) }}
    {%- elif name not in context.relations and context.errors is defined -%}
        {#- the rule is still being read: this is one of its errors -#}
        {%- do crm_segmentation.rule_error(
            context, '', 'a model that is not there', name, '',
            crm_segmentation.did_you_mean(name, context.relations.keys())
        ) -%}
        {{ return(name) }}
    {%- elif name not in context.relations -%}
        {{ exceptions.raise_compiler_error(
            "Unknown model in the rule '" ~ context.name ~ "': got '" ~ name
            ~ "'; allowed: a model that its profile reads. "
            ~ crm_segmentation.did_you_mean(name, context.relations.keys())
        ) }}
    {%- endif -%}
    {{ return(context.relations[name]) }}
{% endmacro %}
