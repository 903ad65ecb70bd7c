{#
    For `dbt run-operation`: the vocabulary of rules in this project and its
    profiles, as one line of JSON. The commands about rules read it.
#}
{% macro print_rule_project() %}
    {% do print('rule_project: ' ~ tojson(crm_segmentation.rule_project())) %}
{% endmacro %}

{% macro rule_project() %}
    {%- set operators = {} -%}
    {%- set shapes = crm_segmentation.operator_shapes() -%}
    {%- for name, entry in crm_segmentation.operators().items() -%}
        {%- do operators.update({name: {
            'types': entry.types,
            'negative': entry.negative,
            'ranks': entry.ranks,
            'alone': entry.alone,
            'shape': shapes.get(name),
        }}) -%}
    {%- endfor -%}
    {%- set kinds = {} -%}
    {%- set shapes = crm_segmentation.leaf_shapes() -%}
    {%- for name in crm_segmentation.leaf_kinds() -%}
        {%- do kinds.update({name: shapes.get(name)}) -%}
    {%- endfor -%}
    {%- set attributes = {} -%}
    {%- for name, entry in crm_segmentation.attribute_catalog().items() -%}
        {%- do attributes.update({name: {
            'label': entry.label,
            'description': entry.description,
            'type': entry.type,
            'allowed': entry.allowed,
            'nullable': entry.nullable,
            'model': entry.model,
        }}) -%}
    {%- endfor -%}
    {{ return({
        'as_of': crm_segmentation.as_of_date() | string,
        'tree_words': crm_segmentation.tree_words(),
        'limits': crm_segmentation.rule_limits(),
        'value_limits': crm_segmentation.value_limits(),
        'comparisons': {
            'number': crm_segmentation.comparison_shapes(),
            'amount': crm_segmentation.comparison_shapes('amount'),
            'change': crm_segmentation.comparison_shapes('change'),
        },
        'modifiers': crm_segmentation.modifiers(),
        'meanings': crm_segmentation.meanings(),
        'windows': crm_segmentation.window_words(),
        'week_start': crm_segmentation.week_start(),
        'operators': operators,
        'kinds': kinds,
        'attributes': attributes,
        'events': crm_segmentation.event_catalog(),
        'relations': crm_segmentation.relation_catalog(),
        'recorded_groups': crm_segmentation.recorded_groups(),
        'recorded_attributes': crm_segmentation.recorded_attributes(),
        'account_lists': crm_segmentation.account_lists(),
        'channels': crm_segmentation.contact_channels(),
        'purposes': crm_segmentation.setting('consent_purposes'),
        'groups': crm_segmentation.published_groups(),
        'models': crm_segmentation.model_files(),
        'other_names': crm_segmentation.model_files(['seed', 'snapshot']),
        'parents': crm_segmentation.parents_of_models(),
    }) }}
{% endmacro %}

{#
    The models of rules and groups that the project at hand holds, and what uses
    each: other models, exposures.
#}
{% macro published_groups() %}
    {%- set groups = [] -%}
    {%- set users = {} -%}
    {%- for node in (graph.nodes.values() | list if graph.nodes else [])
            + (graph.exposures.values() | list if graph.exposures else [])
        if node.resource_type in ['model', 'snapshot', 'exposure', 'analysis'] -%}
        {%- for parent in node.depends_on.nodes -%}
            {%- do users.setdefault(parent, []).append(node.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for id, node in (graph.nodes.items() if graph.nodes else [])
        if node.resource_type == 'model' -%}
        {%- set published = node.config.meta.get('crm_segmentation') -%}
        {%- if published is mapping and published.kind is defined -%}
            {%- do groups.append({
                'name': node.name,
                'package': node.package_name,
                'file': node.original_file_path,
                'used_by': users.get(id, []),
                'published': published,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(groups) }}
{% endmacro %}

{# Every model, or other resource, that the project at hand sees -> its file. #}
{% macro model_files(kinds=['model']) %}
    {%- set files = {} -%}
    {%- for node in (graph.nodes.values() if graph.nodes else [])
        if node.resource_type in kinds -%}
        {%- do files.update({node.name: node.original_file_path}) -%}
    {%- endfor -%}
    {{ return(files) }}
{% endmacro %}

{# Model -> the names of all that it reads. #}
{% macro parents_of_models() %}
    {%- set parents = {} -%}
    {%- for node in (graph.nodes.values() if graph.nodes else [])
        if node.resource_type == 'model' -%}
        {%- set names = [] -%}
        {%- for id in node.depends_on.nodes if id in graph.nodes -%}
            {%- do names.append(graph.nodes[id].name) -%}
        {%- endfor -%}
        {%- do parents.update({node.name: names}) -%}
    {%- endfor -%}
    {{ return(parents) }}
{% endmacro %}

{#
    For `dbt run-operation`: the errors of each rule that is given as {name, text},
    as a dict of name to list, as one line of JSON. `groups` are taken to be there.
#}
{% macro print_rule_errors(rules, groups=[]) %}
    {%- set found = {} -%}
    {%- set names = crm_segmentation.model_files().keys() | list
        + crm_segmentation.account_lists() + groups -%}
    {%- set relations = dict(zip(names, names)) -%}
    {%- for rule in rules -%}
        {%- set errors = [] -%}
        {%- do crm_segmentation.read_rule(
            rule.text, 'accounts', rule.name, relations=relations, errors=errors
        ) -%}
        {%- do found.update({rule.name: errors}) -%}
    {%- endfor -%}
    {% do print('rule_errors: ' ~ tojson(found)) %}
{% endmacro %}

{#
    For `dbt run-operation` in a built warehouse: how many accounts of its base pass
    each leaf of each profile, a fingerprint of the members, and where the history
    of each thing that a leaf may look back at begins.
#}
{% macro print_rule_counts() %}
    {%- set counted = {} -%}
    {%- for name, published in crm_segmentation.published_profiles().items() -%}
        {%- set rule = crm_segmentation.read_published_rule(name) -%}
        {%- set columns = [] -%}
        {%- for sql in rule.leaves | map(attribute='sql') | list + [rule.sql] -%}
            {%- do columns.append(
                'sum(case when ' ~ sql ~ ' then 1 else 0 end) as passed_' ~ loop.index
            ) -%}
        {%- endfor -%}
        {%- set row = run_query(
            'with ' ~ crm_segmentation.rule_ctes(rule) ~ '\ncounted as (\nselect\n'
            ~ 'count(*) as accounts,\n' ~ columns | join(',\n') ~ '\n'
            ~ crm_segmentation.rule_joins(rule) ~ '\n)\nselect * from counted'
        ).rows[0] -%}
        {%- set leaves = [] -%}
        {%- for leaf in rule.leaves -%}
            {%- do leaves.append({'path': leaf.path, 'passed': row[loop.index] | int}) -%}
        {%- endfor -%}
        {#- by the rule: a profile that is new is not built yet -#}
        {%- set fingerprint = run_query(
            'with ' ~ crm_segmentation.rule_ctes(rule) ~ '\nmembers as (\nselect base.account_id\n'
            ~ crm_segmentation.rule_joins(rule) ~ '\nwhere ' ~ rule.sql ~ '\n)\nselect md5('
            ~ dbt.listagg('account_id', "','", 'order by account_id')
            ~ ') as fingerprint from members'
        ).rows[0][0] -%}
        {%- do counted.update({name: {
            'base': row[0] | int,
            'members': row[rule.leaves | length + 1] | int,
            'leaves': leaves,
            'fingerprint': fingerprint,
        }}) -%}
    {%- endfor -%}
    {% do print('rule_counts: ' ~ tojson({
        'profiles': counted, 'first_days': crm_segmentation.first_days()
    })) %}
{% endmacro %}
