{#
    The statements that insert the members of several rules, as (profile_key,
    account_id), `size` rules in one. The rules share one list of evidence and of
    attribute models.

    On DuckDB many narrow filters beat one wide scan, since filters short-circuit; on
    PostgreSQL one scan beats many.
#}
{% macro insert_profile_members(members, rules, size) %}
    {{ return(adapter.dispatch('insert_profile_members', 'crm_segmentation')(
        members, rules, size
    )) }}
{% endmacro %}

{% macro default__insert_profile_members(members, rules, size) %}
    {{ exceptions.raise_compiler_error(
        "Profiles are not built in batches on this engine: got '" ~ target.type
        ~ "'; allowed: duckdb, postgres. Set batch_profiles: false."
    ) }}
{% endmacro %}

{% macro duckdb__insert_profile_members(members, rules, size) %}
    {#- One row per account of the base, with what the rules name of each joined table:
        its columns, where there is one table; else a struct for each table, so that
        `table.column` still says what it said. -#}
    {%- set named = crm_segmentation.named_columns(rules) -%}
    {%- set judged = 'judged_' ~ local_md5(members | string)[:12] -%}
    {%- set columns = ['base.account_id'] -%}
    {%- if 'base.account_id' in rules | map(attribute='sql') | join -%}
        {#- a bucket asks for the account itself -#}
        {%- do columns.append('struct_pack(account_id := base.account_id) as base') -%}
    {%- endif -%}
    {%- set source = judged -%}
    {%- if named | length == 1 and not rules[0].ctes -%}
        {%- set alias = named.keys() | first -%}
        {%- set source = judged ~ ' as ' ~ alias -%}
        {%- for name in named[alias] if name != 'account_id' -%}
            {%- do columns.append(alias ~ '.' ~ name) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for alias, names in named.items() if names -%}
            {%- set fields = [] -%}
            {%- for name in names -%}
                {%- do fields.append(name ~ ' := ' ~ alias ~ '.' ~ name) -%}
            {%- endfor -%}
            {%- do columns.append(
                'struct_pack(' ~ fields | join(', ') ~ ') as ' ~ alias
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set statements = [
        'create or replace temporary table ' ~ judged ~ ' as\nwith '
            ~ crm_segmentation.rule_ctes(rules[0])
            ~ '\nwide as (\nselect\n    ' ~ columns | join(',\n    ') ~ '\n'
            ~ crm_segmentation.rule_joins(rules[0]) ~ '\n)\nselect * from wide',
    ] -%}
    {%- for chunk in rules | batch(size) -%}
        {%- set branches = [] -%}
        {%- for rule in chunk -%}
            {%- do branches.append(
                'select ' ~ crm_segmentation.profile_key(rule.name)
                ~ ' as profile_key, account_id\nfrom ' ~ source ~ '\nwhere '
                ~ crm_segmentation.filter_of(rule.root)
            ) -%}
        {%- endfor -%}
        {%- do statements.append(
            'insert into ' ~ members ~ '\n' ~ branches | join('\nunion all\n')
        ) -%}
    {%- endfor -%}
    {{ return(statements + ['drop table ' ~ judged]) }}
{% endmacro %}

{% macro postgres__insert_profile_members(members, rules, size) %}
    {%- set statements = [] -%}
    {%- for chunk in rules | batch(size) -%}
        {%- set cases = [] -%}
        {%- for rule in chunk -%}
            {%- do cases.append(
                'case when ' ~ crm_segmentation.filter_of(rule.root) ~ ' then cast('
                ~ crm_segmentation.profile_key(rule.name) ~ ' as bigint) end'
            ) -%}
        {%- endfor -%}
        {%- do statements.append(
            'insert into ' ~ members ~ '\nwith '
            ~ crm_segmentation.rule_ctes(rules[0])
            ~ '\njudged as (\nselect base.account_id, array_remove(array[\n'
            ~ cases | join(',\n') ~ '\n], null) as keys\n'
            ~ crm_segmentation.rule_joins(rules[0])
            ~ '\n)\nselect unnest(keys) as profile_key, account_id from judged'
        ) -%}
    {%- endfor -%}
    {{ return(statements) }}
{% endmacro %}

{# A statement that takes a moment and does nothing. #}
{% macro sleep_briefly() %}
    {{ return('select pg_sleep(0.05)') }}
{% endmacro %}
