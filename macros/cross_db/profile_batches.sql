{#
    The statements that insert the members of several rules, as (profile_key,
    account_id). The rules share one list of evidence and of attribute models.

    On DuckDB many narrow filters beat one wide scan, since filters short-circuit; on
    PostgreSQL one scan beats many.
#}
{% macro insert_profile_members(members, rules) %}
    {{ return(adapter.dispatch('insert_profile_members', 'crm_segmentation')(
        members, rules
    )) }}
{% endmacro %}

{% macro default__insert_profile_members(members, rules) %}
    {{ exceptions.raise_compiler_error(
        "Profiles are not built in batches on this engine: got '" ~ target.type
        ~ "'; allowed: duckdb, postgres. Set batch_profiles: false."
    ) }}
{% endmacro %}

{% macro duckdb__insert_profile_members(members, rules) %}
    {#- One row per account of the base; each joined table is one column, a struct of
        the columns that rules name, so that `table.column` still says what it said. -#}
    {%- set columns = ['base.account_id'] -%}
    {%- if 'base.account_id' in rules | map(attribute='sql') | join -%}
        {#- a bucket asks for the account itself -#}
        {%- do columns.append('struct_pack(account_id := base.account_id) as base') -%}
    {%- endif -%}
    {%- for alias, names in crm_segmentation.named_columns(rules).items() if names -%}
        {%- set fields = [] -%}
        {%- for name in names -%}
            {%- do fields.append(name ~ ' := ' ~ alias ~ '.' ~ name) -%}
        {%- endfor -%}
        {%- do columns.append('struct_pack(' ~ fields | join(', ') ~ ') as ' ~ alias) -%}
    {%- endfor -%}
    {%- set judged = 'judged_' ~ local_md5(members | string)[:12] -%}
    {%- set branches = [] -%}
    {%- for rule in rules -%}
        {%- do branches.append(
            'select ' ~ crm_segmentation.profile_key(rule.name)
            ~ ' as profile_key, account_id\nfrom ' ~ judged ~ '\nwhere ' ~ rule.sql
        ) -%}
    {%- endfor -%}
    {{ return([
        'create or replace temporary table ' ~ judged ~ ' as\nwith '
            ~ crm_segmentation.rule_ctes(rules[0])
            ~ '\nwide as (\nselect ' ~ columns | join(',\n    ') ~ '\n'
            ~ crm_segmentation.rule_joins(rules[0]) ~ '\n)\nselect * from wide',
        'insert into ' ~ members ~ '\n' ~ branches | join('\nunion all\n'),
        'drop table ' ~ judged,
    ]) }}
{% endmacro %}

{% macro postgres__insert_profile_members(members, rules) %}
    {%- set cases = [] -%}
    {%- for rule in rules -%}
        {%- do cases.append(
            'case when ' ~ rule.sql ~ ' then cast('
            ~ crm_segmentation.profile_key(rule.name) ~ ' as bigint) end'
        ) -%}
    {%- endfor -%}
    {{ return([
        'insert into ' ~ members ~ '\nwith ' ~ crm_segmentation.rule_ctes(rules[0])
            ~ '\njudged as (\nselect base.account_id, array_remove(array[\n'
            ~ cases | join(',\n') ~ '\n], null) as keys\n'
            ~ crm_segmentation.rule_joins(rules[0])
            ~ '\n)\nselect unnest(keys) as profile_key, account_id from judged',
    ]) }}
{% endmacro %}

{# A statement that takes a moment and does nothing. #}
{% macro sleep_briefly() %}
    {{ return('select pg_sleep(0.05)') }}
{% endmacro %}
