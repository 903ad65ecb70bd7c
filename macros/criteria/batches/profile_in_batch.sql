{#
    Many profiles in few statements. With the setting `batch_profiles` each profile is
    still a model of its own, with its own SQL, tests and lineage; but the first of
    those that read the same models builds them all, `profile_batch_size` to a
    statement, each as a view of the members that are its own. The others find their
    work done, or wait for it. Readers see a profile as it was until it is whole.

    Where the first one fails, each of the others builds itself as a table, as it
    would without this. A profile with the leaf `sql` does so always.
#}
{% materialization profile_in_batch, default %}
    {%- set class = crm_segmentation.batch_class(model) -%}
    {%- set state = crm_segmentation.batch_state() -%}
    {#- one step, so that of two threads one leads -#}
    {%- set leader = state.setdefault('leader of ' ~ class, config.model) -%}
    {%- set leads = leader.unique_id == model.unique_id -%}
    {%- if not leads -%}
        {%- do crm_segmentation.wait_for_batch(class, leader) -%}
        {%- if ('done ' ~ class) not in state -%}
            {{ return(crm_segmentation.build_profile_alone()) }}
        {%- endif -%}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if leads -%}
        {%- do crm_segmentation.build_profile_batch(class) -%}
    {%- endif -%}
    {%- set sql = 'select * from ' ~ target_relation -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ sql }} where 1 = 0
    {%- endcall -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(
        target_relation, config.get('grants'), should_revoke=True
    ) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {%- if leads -%}
        {%- do state.update({'done ' ~ class: true}) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# What the batches of this run know of each other; shared by all threads. #}
{% macro batch_state() %}
    {{ return(
        graph.setdefault('crm_segmentation_batches', {}).setdefault(invocation_id, {})
    ) }}
{% endmacro %}

{#
    Profiles of one class are built together: they read the same models, so what one
    needs is built when another may run.
#}
{% macro batch_class(node) %}
    {{ return(
        [node.database, node.schema, node.config.meta.crm_segmentation.base]
        | join('.') ~ ' from ' ~ node.depends_on.nodes | sort | join(', ')
    ) }}
{% endmacro %}

{#
    Wait until the first of a class is done, however it ends: dbt keeps the status of
    a node while it is at work, and forgets it then.
#}
{% macro wait_for_batch(class, leader) %}
    {%- set state = crm_segmentation.batch_state() -%}
    {%- set at_work = ['started', 'compiling', 'executing'] -%}
    {#- in two loops, since a loop cannot be left: what is left of it is gone through -#}
    {%- for minute in range(1000)
        if ('done ' ~ class) not in state
        and leader.node_info.node_status in at_work -%}
        {%- for moment in range(1000)
            if ('done ' ~ class) not in state
            and leader.node_info.node_status in at_work -%}
            {%- do run_query(crm_segmentation.sleep_briefly()) -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

{# Build all selected profiles of a class, of which the model at work is one. #}
{% macro build_profile_batch(class) %}
    {%- set published = crm_segmentation.published_profiles() -%}
    {%- set rules = [] -%}
    {%- set others = [] -%}
    {%- for id, node in graph.nodes.items()
        if node.resource_type == 'model'
        and node.config.materialized == 'profile_in_batch'
        and crm_segmentation.batch_class(node) == class -%}
        {%- if id not in selected_resources -%}
            {%- do others.append(node.name) -%}
        {%- else -%}
            {%- set kept = load_cached_relation(api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            )) -%}
            {%- do rules.append({
                'text': published[node.name].tree,
                'base': published[node.name].base,
                'name': node.name,
                'relations': published[node.name].relations,
                'schema': api.Relation.create(
                    database=node.database, schema=node.schema
                ).include(identifier=false) | string,
                'alias': node.alias,
                'indexes': node.config.get('indexes') or [],
                'dropped': kept.type if kept is not none and kept.type != 'view' else none,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for transaction in crm_segmentation.batch_transactions(
        local_md5(class)[:12], rules, others != []
    ) -%}
        {%- if not loop.first -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
        {%- for sql in transaction -%}
            {%- call statement('build_profiles') -%}{{ sql }}{%- endcall -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

{#
    Lists of statements, each a transaction, that build rules as views.

    | argument  | meaning                                                         |
    |-----------|-----------------------------------------------------------------|
    | class     | what the names of tables begin with that belong to the class    |
    | rules     | each {text, base, name, relations, schema, alias, indexes,      |
    |           | dropped}, all of one base; `dropped`: type of the relation that |
    |           | stands where the view will, and is no view                      |
    | is_partly | whether the class has profiles that are left as they are        |

    Rules that ask for evidence share one pass over it, and so are cut into batches
    before they are read; the others after.
#}
{% macro batch_transactions(class, rules, is_partly=false) %}
    {%- set size = crm_segmentation.setting('profile_batch_size') -%}
    {%- set together = crm_segmentation.read_together(rules) -%}
    {%- set groups = [together] -%}
    {%- if together[0].ctes and rules | length > size -%}
        {%- set groups = [] -%}
        {%- for chunk in rules | batch(size) -%}
            {%- do groups.append(crm_segmentation.read_together(chunk)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(crm_segmentation.profile_transactions(class, groups, size, is_partly)) }}
{% endmacro %}

{# Rules that share their evidence and the models of their attributes. #}
{% macro read_together(rules) %}
    {%- set shared = {'ctes': [], 'attribute_models': []} -%}
    {%- set read = [] -%}
    {%- for rule in rules -%}
        {%- do read.append(dict(rule, **crm_segmentation.read_rule(
            rule.text, rule.base, rule.name, rule.relations, shared=shared
        ))) -%}
    {%- endfor -%}
    {{ return(read) }}
{% endmacro %}

{#
    What the rules of a group ask of an account, once for all of them: the statement
    that makes a temporary table of it, one row per account of the base. Each rule
    gets its `filter` over that table. Texts stand there folded, since engines fold
    slower than they compare.
#}
{% macro judged_accounts_of_batch(table, rules) %}
    {%- set columns = {'base.account_id': 'account_id'} -%}
    {%- for rule in rules -%}
        {%- do rule.update({'filter': crm_segmentation.in_columns(
            crm_segmentation.filter_of(rule.root), rule, columns
        )}) -%}
    {%- endfor -%}
    {%- set selects = [] -%}
    {%- for expression, name in columns.items() -%}
        {%- do selects.append(
            expression if expression.split('.')[-1] == name
            else expression ~ ' as ' ~ name
        ) -%}
    {%- endfor -%}
    {{ return(
        'create temporary table ' ~ table ~ ' as\nwith '
        ~ crm_segmentation.rule_ctes(rules[0])
        ~ '\n\nfinal as (\n\n    select\n        ' ~ selects | join(',\n        ')
        ~ '\n    ' ~ crm_segmentation.rule_joins(rules[0]) | indent(4)
        ~ '\n\n)\n\nselect * from final'
    ) }}
{% endmacro %}

{#
    A condition over the joins of a rule as one over columns of a table, which are put
    into `columns`, expression -> name. What stands in a text stays as it is.
#}
{% macro in_columns(sql, rule, columns) %}
    {%- set aliases = ['base'] + rule.attribute_models -%}
    {%- for cte in rule.ctes if cte.get('joined', true) -%}
        {%- do aliases.append(cte.name) -%}
    {%- endfor -%}
    {%- set texts = "('(?:[^']|'')*')" -%}
    {%- set result = namespace(sql=sql) -%}
    {%- for alias, column in modules.re.findall(
        '\\b([a-z_][a-z0-9_]*)\\.([a-z_][a-z0-9_]*)', modules.re.sub(texts, '', sql)
    ) | unique if alias in aliases -%}
        {%- set plain = alias ~ '.' ~ column -%}
        {%- set folded = crm_segmentation.fold(plain) -%}
        {%- if folded in result.sql -%}
            {%- set result.sql = result.sql.replace(folded, crm_segmentation.column_of(
                columns, folded, alias, column ~ '_folded', rule
            )) -%}
        {%- endif -%}
        {%- set parts = [] -%}
        {%- for part in modules.re.split(texts, result.sql) -%}
            {#- every second part is a text -#}
            {%- if loop.index is odd and plain in part -%}
                {%- set part = modules.re.sub(
                    '\\b' ~ alias ~ '\\.' ~ column ~ '\\b',
                    crm_segmentation.column_of(columns, plain, alias, column, rule), part
                ) -%}
            {%- endif -%}
            {%- do parts.append(part) -%}
        {%- endfor -%}
        {%- set result.sql = parts | join -%}
    {%- endfor -%}
    {{ return(result.sql) }}
{% endmacro %}

{# The name of an expression in `columns`: the attribute's own, where it is free. #}
{% macro column_of(columns, expression, alias, column, rule) %}
    {%- if expression not in columns -%}
        {%- set name = column if alias in rule.attribute_models else alias ~ '_' ~ column -%}
        {%- if name in columns.values() or name | length > 63 -%}
            {%- set name = name[:50] ~ '_' ~ columns | length -%}
        {%- endif -%}
        {%- do columns.update({expression: name}) -%}
    {%- endif -%}
    {{ return(columns[expression]) }}
{% endmacro %}

{#
    The SQL of a node where NULL may stand for false, as it may in a where clause
    under `all` and `any`: engines skip rows by plain comparisons and not by coalesce.
#}
{% macro filter_of(node, level=0) %}
    {%- if node.leaf is not none -%}
        {{ return(node.leaf.get('filter_sql') or node.sql) }}
    {%- elif node.word not in ['all', 'any'] -%}
        {{ return(node.sql) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for child in node.children -%}
        {%- set part = crm_segmentation.filter_of(child, level + 1) -%}
        {%- do parts.append(
            crm_segmentation.bracketed(part)
            if child.leaf is not none and '\nand ' in part and node.word == 'any'
                and node.children | length > 1
            else part
        ) -%}
    {%- endfor -%}
    {%- set sql = parts | join('\nand ' if node.word == 'all' else '\nor ') -%}
    {{ return(
        sql if level == 0 or parts | length == 1
        else '(\n    ' ~ sql | indent(4) ~ '\n)'
    ) }}
{% endmacro %}

{# SQL of a profile: its members, with the day and the rule. #}
{% macro profile_view(rule, members, condition=none) %}
    {%- set text = dbt.type_string() -%}
    {{ return(
        'create or replace view ' ~ crm_segmentation.beside(rule, rule.alias)
        ~ ' as\nselect\n    account_id,\n    '
        ~ crm_segmentation.date_literal(crm_segmentation.as_of_date())
        ~ " as as_of_date,\n    cast('" ~ rule.hash ~ "' as " ~ text
        ~ ') as rule_hash\nfrom ' ~ members
        ~ ('\nwhere ' ~ condition if condition else '')
    ) }}
{% endmacro %}

{# A relation in the schema of a rule's profile. #}
{% macro beside(rule, name) %}
    {{ return(rule.schema ~ '.' ~ adapter.quote(name)) }}
{% endmacro %}

{# A number for a profile: its rows are many, and its name is long. #}
{% macro profile_key(name) %}
    {{ return(local_md5(name)[:15] | int(base=16)) }}
{% endmacro %}

{#
    Hook after a run: drop tables of members that no view reads any more, since the
    profiles read other models now, or are built without batches. Where many profiles
    share a table, the views of those that are no more go, too: their members have gone.
#}
{% macro drop_left_members() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry'] -%}
        {%- set schemas = [] -%}
        {%- set views = [] -%}
        {%- set tables = [] -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model'
            and node.config.get('meta', {}).get('crm_segmentation', {}).get('kind')
                == 'profile' -%}
            {%- do schemas.append(node.schema) -%}
            {%- do views.append(node.alias) -%}
            {%- if node.config.materialized == 'profile_in_batch' -%}
                {%- do tables.append(crm_segmentation.members_of_class(
                    local_md5(crm_segmentation.batch_class(node))[:12]
                )) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set query = crm_segmentation.left_members(
            schemas | unique, views, tables | unique
        ) if schemas else '' -%}
        {%- if query -%}
            {%- for kind, schema, name in run_query(query).rows -%}
drop {{ kind }} if exists {{ api.Relation.create(
    database=target.database, schema=schema, identifier=name
) }};
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{# The table of the members of a class, where they share one. #}
{% macro members_of_class(class) %}
    {{ return('profile_members_' ~ class) }}
{% endmacro %}
