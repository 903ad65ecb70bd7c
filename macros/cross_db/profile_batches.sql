{#
    Lists of statements, each a transaction, that build profiles as views of their
    members; arguments as in batch_transactions(), `groups` lists of rules that share
    evidence and attribute models.

    On DuckDB many narrow filters beat one wide scan, since filters short-circuit, and
    the members of all lie in one table. On PostgreSQL one scan beats many, and whoever
    reads a profile would search that table for it: each row goes to a partition of the
    profile's own, which then is a table by itself.
#}
{% macro profile_transactions(class, groups, size, is_partly) %}
    {{ return(adapter.dispatch('profile_transactions', 'crm_segmentation')(
        class, groups, size, is_partly
    )) }}
{% endmacro %}

{% macro default__profile_transactions(class, groups, size, is_partly) %}
    {{ exceptions.raise_compiler_error(
        "Profiles are not built in batches on this engine: got '" ~ target.type
        ~ "'; allowed: duckdb, postgres. Set batch_profiles: false."
    ) }}
{% endmacro %}

{% macro duckdb__profile_transactions(class, groups, size, is_partly) %}
    {%- set statements = [] -%}
    {#- scans of a table that the same transaction made are slow: these come before -#}
    {%- set judging = [] -%}
    {%- set members = crm_segmentation.beside(
        groups[0][0], crm_segmentation.members_of_class(class)
    ) -%}
    {%- set filled = members if is_partly else crm_segmentation.beside(
        groups[0][0], crm_segmentation.members_of_class(class) ~ '_next'
    ) -%}
    {%- set rules = groups | sum(start=[]) -%}
    {%- do statements.append(
        'create table if not exists ' ~ filled ~ ' (\n    profile_key bigint,\n'
        ~ '    account_id ' ~ dbt.type_string() ~ '\n)'
    ) -%}
    {%- if is_partly -%}
        {%- set keys = [] -%}
        {%- for rule in rules -%}
            {%- do keys.append(crm_segmentation.profile_key(rule.name)) -%}
        {%- endfor -%}
        {%- do statements.append(
            'delete from ' ~ members ~ '\nwhere profile_key in (' ~ keys | join(', ') ~ ')'
        ) -%}
    {%- endif -%}
    {%- for group in groups -%}
        {%- set judged = 'judged_' ~ class ~ '_' ~ loop.index -%}
        {%- do judging.append(crm_segmentation.judged_accounts_of_batch(judged, group)) -%}
        {%- for chunk in group | batch(size) -%}
            {%- set branches = [] -%}
            {%- for rule in chunk -%}
                {%- do branches.append(
                    '-- ' ~ rule.name ~ '\nselect\n    '
                    ~ crm_segmentation.profile_key(rule.name)
                    ~ ' as profile_key,\n    account_id\nfrom ' ~ judged ~ '\nwhere\n    '
                    ~ rule.filter | indent(4)
                ) -%}
            {%- endfor -%}
            {%- do statements.append(
                'insert into ' ~ filled ~ '\n' ~ branches | join('\nunion all\n')
            ) -%}
        {%- endfor -%}
        {%- do statements.append('drop table ' ~ judged) -%}
    {%- endfor -%}
    {%- if not is_partly -%}
        {%- do statements.append('drop table if exists ' ~ members) -%}
        {%- do statements.append(
            'alter table ' ~ filled ~ ' rename to '
            ~ adapter.quote(crm_segmentation.members_of_class(class))
        ) -%}
    {%- endif -%}
    {%- for rule in rules -%}
        {%- if rule.dropped -%}
            {%- do statements.append('drop ' ~ rule.dropped ~ ' if exists '
                ~ crm_segmentation.beside(rule, rule.alias)) -%}
        {%- endif -%}
        {%- do statements.append(crm_segmentation.profile_view(
            rule, members, 'profile_key = ' ~ crm_segmentation.profile_key(rule.name)
        )) -%}
    {%- endfor -%}
    {{ return([judging, statements]) }}
{% endmacro %}

{% macro postgres__profile_transactions(class, groups, size, is_partly) %}
    {%- set transactions = [] -%}
    {%- set judged = 'judged_' ~ class -%}
    {%- for group in groups -%}
        {%- set first = crm_segmentation.judged_accounts_of_batch(judged, group) -%}
        {%- for chunk in group | batch(size) -%}
            {%- do transactions.append(
                (["select pg_advisory_xact_lock(hashtext('" ~ class ~ "'))"])
                + (['drop table if exists pg_temp.' ~ judged, first] if loop.first else [])
                + crm_segmentation.fill_partitions(class, judged, chunk)
                + (['drop table pg_temp.' ~ judged] if loop.last else [])
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(transactions) }}
{% endmacro %}

{# Statements: the members of each rule in a table, and the profile as a view of it. #}
{% macro fill_partitions(class, judged, rules) %}
    {%- set all = crm_segmentation.beside(rules[0], 'members_' ~ class) -%}
    {%- set made = [] -%}
    {%- set cases = [] -%}
    {%- set placed = [] -%}
    {%- for rule in rules -%}
        {%- set next = crm_segmentation.beside(
            rule, 'members_' ~ class ~ '_' ~ loop.index
        ) -%}
        {%- set name = crm_segmentation.members_name(rule) -%}
        {%- set members = crm_segmentation.beside(rule, name) -%}
        {%- do made.append('create table ' ~ next ~ ' partition of ' ~ all
            ~ '\nfor values in (' ~ loop.index ~ ')') -%}
        {%- do cases.append('-- ' ~ rule.name ~ '\ncase\n    when\n        '
            ~ rule.filter | indent(8) ~ '\n        then ' ~ loop.index ~ '\nend') -%}
        {%- do placed.append('alter table ' ~ all ~ ' detach partition ' ~ next) -%}
        {%- if rule.dropped -%}
            {%- do placed.append('drop ' ~ rule.dropped ~ ' if exists '
                ~ crm_segmentation.beside(rule, rule.alias) ~ ' cascade') -%}
        {%- endif -%}
        {%- do placed.append(crm_segmentation.profile_view(rule, next)) -%}
        {%- do placed.append('drop table if exists ' ~ members) -%}
        {%- do placed.append(
            'alter table ' ~ next ~ ' rename to ' ~ adapter.quote(name)
        ) -%}
        {%- for index in rule.indexes -%}
            {%- do placed.append(
                'create ' ~ ('unique ' if index.unique) ~ 'index on ' ~ members
                ~ (' using ' ~ index.type if index.type else '')
                ~ ' (' ~ index.columns | join(', ') ~ ')'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return([
        'create table ' ~ all ~ ' (\n    place smallint,\n    account_id '
            ~ dbt.type_string() ~ ' storage plain\n)\npartition by list (place)',
        made | join(';\n'),
        'insert into ' ~ all ~ ' (place, account_id)\nselect\n    unnest(array_remove('
            ~ 'cast(array[\n        ' ~ cases | join(',\n') | indent(8)
            ~ '\n    ] as smallint[]), null)) as place,\n    account_id\nfrom ' ~ judged,
        placed | join(';\n'),
        'drop table ' ~ all,
    ]) }}
{% endmacro %}

{# The table of a profile's members; the engine cuts names of more than 63 bytes. #}
{% macro members_name(rule) %}
    {{ return(
        (rule.alias if rule.alias | length <= 54
            else rule.alias[:41] ~ '_' ~ local_md5(rule.alias)[:12])
        ~ '__members'
    ) }}
{% endmacro %}

{#
    Query: kind, schema and name of the tables of members that no view reads, and of
    views that are no model any more of members that others share; empty where the
    engine has none.

    | argument | meaning                                                          |
    |----------|------------------------------------------------------------------|
    | schemas  | of the project's profiles                                        |
    | views    | names of the project's profiles                                  |
    | tables   | names of shared tables of members that the project has now       |
#}
{% macro left_members(schemas, views, tables) %}
    {{ return(adapter.dispatch('left_members', 'crm_segmentation')(
        crm_segmentation.text_literals(schemas),
        crm_segmentation.text_literals(views),
        crm_segmentation.text_literals(tables) or "''"
    )) }}
{% endmacro %}

{% macro default__left_members(schemas, views, tables) %}
    {{ return('') }}
{% endmacro %}

{% macro duckdb__left_members(schemas, views, tables) %}
    {{ return("with views_of_members as (

    select
        schema_name,
        view_name,
        regexp_extract(sql, 'profile_members_[0-9a-f]{12}') as table_name
    from duckdb_views()
    where
        database_name = current_database()
        and schema_name in (" ~ schemas ~ ")
        and contains(sql, 'profile_members_')

)

select
    'view' as kind,
    schema_name,
    view_name as relation_name
from views_of_members
where
    table_name in (" ~ tables ~ ")
    and view_name not in (" ~ views ~ ")
union all
select
    'table' as kind,
    schema_name,
    table_name as relation_name
from duckdb_tables()
where
    database_name = current_database()
    and schema_name in (" ~ schemas ~ ")
    and regexp_full_match(table_name, 'profile_members_[0-9a-f]{12}')
    and table_name not in (
        select table_name
        from views_of_members
        where view_name in (" ~ views ~ ") or table_name not in (" ~ tables ~ ")
    )") }}
{% endmacro %}

{% macro postgres__left_members(schemas, views, tables) %}
    {{ return("select
    'table' as kind,
    pg_namespace.nspname,
    pg_class.relname
from pg_class
inner join pg_namespace
    on pg_class.relnamespace = pg_namespace.oid
where
    pg_namespace.nspname in (" ~ schemas ~ ")
    and pg_class.relkind = 'r'
    and pg_class.relname like '%\\_\\_members'
    -- as it was made, whatever else is called so
    and exists (
        select pg_attribute.attname
        from pg_attribute
        where
            pg_attribute.attrelid = pg_class.oid
            and pg_attribute.attname = 'place'
            and pg_attribute.attnum = 1
    )
    and not exists (
        select pg_depend.objid
        from pg_depend
        where
            pg_depend.refobjid = pg_class.oid
            and pg_depend.classid = cast('pg_rewrite' as regclass)
    )") }}
{% endmacro %}

{# A statement that takes a moment and does nothing. #}
{% macro sleep_briefly() %}
    {{ return('select pg_sleep(0.05)') }}
{% endmacro %}

{# Build a profile as the table that it is without batches. #}
{% macro build_profile_alone() %}
    {{ return(adapter.dispatch('build_profile_alone', 'crm_segmentation')()) }}
{% endmacro %}

{% macro default__build_profile_alone() %}
    {{ return(dbt.materialization_table_default()) }}
{% endmacro %}

{% macro duckdb__build_profile_alone() %}
    {{ return(dbt.materialization_table_duckdb()) }}
{% endmacro %}
