{#
    Many profiles in few statements. With the setting `batch_profiles` each profile is
    still a model of its own, with its own SQL, tests and lineage; but the first of
    those that read the same models builds them all: their members in one table, in
    statements of `profile_batch_size` profiles, and a view for each. The others find
    their work done, or wait for it. One transaction holds rows and views.

    A profile with the leaf `sql` is built alone: what fails there fails nobody else.
#}
{% materialization profile_in_batch, default %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set class = crm_segmentation.batch_class(model) -%}
    {%- set state = crm_segmentation.batch_state() -%}
    {#- one step, so that of two threads one leads -#}
    {%- if state.setdefault('leader of ' ~ class, model.unique_id) == model.unique_id -%}
        {%- do crm_segmentation.build_profile_batch(class) -%}
    {%- else -%}
        {%- do crm_segmentation.wait_for_batch(class) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        select count(*) as view_count from {{ target_relation }} where 1 = 0
    {%- endcall -%}

    {%- do apply_grants(
        target_relation, config.get('grants'), should_revoke=True
    ) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {%- do state.update({'done ' ~ class: true}) -%}
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

{% macro build_profile_batch(class) %}
    {%- set published = crm_segmentation.published_profiles() -%}
    {%- set peers = [] -%}
    {%- set others = [] -%}
    {%- for id, node in graph.nodes.items()
        if node.resource_type == 'model'
        and node.config.materialized == 'profile_in_batch'
        and crm_segmentation.batch_class(node) == class -%}
        {%- do (peers if id in selected_resources else others).append(node) -%}
    {%- endfor -%}
    {%- set members = api.Relation.create(
        database=this.database, schema=this.schema, type='table',
        identifier='profile_members_' ~ local_md5(class)[:12]
    ) -%}
    {%- set keys = [] -%}
    {%- for node in peers -%}
        {%- do keys.append(crm_segmentation.profile_key(node.name)) -%}
        {%- set kept = load_cached_relation(api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias
        )) -%}
        {%- if kept is not none and kept.type != 'view' -%}
            {%- do adapter.drop_relation(kept) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- call statement('create_members') -%}
        create table if not exists {{ members }} (
            profile_key bigint, account_id {{ dbt.type_string() }}
        )
    {%- endcall -%}
    {%- call statement('clear_members') -%}
        {%- if others -%}
        delete from {{ members }} where profile_key in ({{ keys | join(', ') }})
        {%- else -%}
        truncate table {{ members }}
        {%- endif -%}
    {%- endcall -%}
    {%- set rules = [] -%}
    {%- for node in peers -%}
        {%- set entry = published[node.name] -%}
        {%- do rules.append({
            'text': entry.tree,
            'base': entry.base,
            'name': node.name,
            'relations': entry.relations,
        }) -%}
    {%- endfor -%}
    {%- for sql in crm_segmentation.batch_statements(members, rules) -%}
        {%- call statement('insert_members') -%}{{ sql }}{%- endcall -%}
    {%- endfor -%}
    {%- for node in peers -%}
        {%- call statement('create_view') -%}
            create or replace view {{ node.relation_name }} as
            select
                account_id,
                {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
                    as as_of_date,
                cast(
                    '{{ published[node.name].rule_hash }}' as {{ dbt.type_string() }}
                ) as rule_hash
            from {{ members }}
            where profile_key = {{ crm_segmentation.profile_key(node.name) }}
        {%- endcall -%}
    {%- endfor -%}
{% endmacro %}

{#
    The statements that insert the members of rules, each {text, base, name,
    relations}, all of one base. Rules that ask for evidence share one pass over it,
    and so are cut into batches before they are read; the others after.
#}
{% macro batch_statements(members, rules) %}
    {%- set size = crm_segmentation.setting('profile_batch_size') -%}
    {%- set read = crm_segmentation.read_together(rules) -%}
    {%- if not read[0].ctes -%}
        {{ return(crm_segmentation.insert_profile_members(members, read, size)) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- for chunk in rules | batch(size) -%}
        {%- do statements.extend(crm_segmentation.insert_profile_members(
            members, crm_segmentation.read_together(chunk), size
        )) -%}
    {%- endfor -%}
    {{ return(statements) }}
{% endmacro %}

{# Rules that share their evidence and the models of their attributes. #}
{% macro read_together(rules) %}
    {%- set shared = {'ctes': [], 'attribute_models': []} -%}
    {%- set read = [] -%}
    {%- for rule in rules -%}
        {%- do read.append(crm_segmentation.read_rule(
            rule.text, rule.base, rule.name, rule.relations, shared=shared
        )) -%}
    {%- endfor -%}
    {{ return(read) }}
{% endmacro %}

{#
    The SQL of a node where NULL may stand for false, as it may in a where clause
    under `all` and `any`: engines skip rows by plain comparisons and not by coalesce.
#}
{% macro filter_of(node) %}
    {%- if node.leaf is not none -%}
        {%- set sql = node.leaf.get('filter_sql') -%}
        {{ return('(' ~ sql ~ ')' if sql else node.sql) }}
    {%- elif node.word not in ['all', 'any'] -%}
        {{ return(node.sql) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for child in node.children -%}
        {%- do parts.append(crm_segmentation.filter_of(child)) -%}
    {%- endfor -%}
    {{ return(
        '(' ~ parts | join('\nand ' if node.word == 'all' else '\nor ') ~ ')'
    ) }}
{% endmacro %}

{# A number for a profile: its rows are many, and its name is long. #}
{% macro profile_key(name) %}
    {{ return(local_md5(name)[:15] | int(base=16)) }}
{% endmacro %}

{#
    Wait until the batch of a class is built.
    Errors: it was not within an hour; the leader's own error stands in the log.
#}
{% macro wait_for_batch(class) %}
    {%- set state = crm_segmentation.batch_state() -%}
    {%- for moment in range(72000) if ('done ' ~ class) not in state -%}
        {%- do run_query(crm_segmentation.sleep_briefly()) -%}
    {%- endfor -%}
    {%- if ('done ' ~ class) not in state -%}
        {{ exceptions.raise_compiler_error(
            "The batch of '" ~ model.name ~ "' was not built within an hour: got nothing "
            ~ "from '" ~ state['leader of ' ~ class] ~ "', which builds it; see its error. "
            ~ 'Mend it, or set batch_profiles: false.'
        ) }}
    {%- endif -%}
{% endmacro %}

{#
    For the SQL of all rules of a batch: the columns of each joined table that it
    names, as a dict of alias to list. What stands in a text names none.
#}
{% macro named_columns(rules) %}
    {%- set found = {} -%}
    {%- for name in rules[0].attribute_models -%}
        {%- do found.update({name: []}) -%}
    {%- endfor -%}
    {%- for cte in rules[0].ctes if cte.get('joined', true) -%}
        {%- do found.update({cte.name: []}) -%}
    {%- endfor -%}
    {%- for rule in rules -%}
        {%- set sql = modules.re.sub("'(?:[^']|'')*'", "''", rule.sql) -%}
        {%- for alias, column
            in modules.re.findall('([a-z_][a-z0-9_]*)\\.([a-z_][a-z0-9_]*)', sql)
            if alias in found and column not in found[alias] -%}
            {%- do found[alias].append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
