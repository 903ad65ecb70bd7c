{#
    A model of KPIs on the last 24 month ends: the whole body of
    `account_kpis_monthly`, and of a model of the installing project with the scope
    extra.

    Columns: account_id, as_of_date, those of kpi_columns(scope) and facts_hash.

    It always holds what a full refresh would write, late facts and merged accounts
    included, and computes what is not there: a build first takes away the accounts
    whose facts before the newest month end are others now, then fills in what the
    month ends lack, many in one statement where they are small: see
    month_ends_at_once().
#}
{% macro account_kpi_monthly_model(scope='own') %}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ crm_segmentation.forget_changed_accounts('" ~ scope ~ "') }}",
    post_hook="{{ crm_segmentation.fill_month_ends('" ~ scope ~ "') }}",
) }}
{{- crm_segmentation.month_end_query(crm_segmentation.month_ends()[-1:], scope) }}
{%- if is_incremental() %}
-- what the table lacks is known after the hook before it, and added by the one after
where 1 = 0
{%- endif %}
{% endmacro %}

{#
    SQL: the rows of some month ends; with only_missing, those that are not there yet.
#}
{% macro month_end_query(days, scope, only_missing=false) %}
with activity_by_day as (
    select * from {{ ref('crm_segmentation', 'int_activity_by_day') }}
),

founded_accounts as (
    {{ crm_segmentation.accounts_founded() | indent(4) }}
),

{%- if only_missing %}

asked as (
    select
        founded_accounts.account_id,
        founded_accounts.first_seen_on,
        days.as_of_date
    from founded_accounts
    inner join {{ crm_segmentation.days_relation(days) }} as days
        on founded_accounts.first_seen_on < days.as_of_date
    left join {{ this }} as written
        on
            founded_accounts.account_id = written.account_id
            and days.as_of_date = written.as_of_date
    where written.account_id is null
),

asked_accounts as (
    select distinct
        account_id,
        first_seen_on
    from asked
),

evidence as (
    select activity_by_day.*
    from activity_by_day
    inner join asked_accounts
        on activity_by_day.account_id = asked_accounts.account_id
),
{%- else %}

asked_accounts as (
    select * from founded_accounts
),

evidence as (
    select * from activity_by_day
),
{%- endif %}

kpis as (
    {{ crm_segmentation.kpi_query(
        days=days, evidence='evidence', accounts='asked_accounts', scope=scope
    ) | indent(4) }}
),

facts as (
    {{ crm_segmentation.facts_hashes(
        days, 'evidence', 'asked_accounts', scope
    ) | indent(4) }}
),

final as (
    select
        kpis.*,
        facts.facts_hash
    from kpis
    inner join facts
        on
            kpis.account_id = facts.account_id
            and kpis.as_of_date = facts.as_of_date
    {%- if only_missing %}
    inner join asked
        on
            kpis.account_id = asked.account_id
            and kpis.as_of_date = asked.as_of_date
    {%- endif %}
)

select * from final
{% endmacro %}

{# SQL: days as a relation in brackets, with the one column as_of_date. #}
{% macro days_relation(days) -%}
(
    {%- for day in days %}
    select {{ crm_segmentation.date_literal(day) }} as as_of_date
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{# SQL: account_id, first_seen_on of every account. #}
{% macro accounts_founded() -%}
select
    account_id,
    {{ crm_segmentation.local_date('founded_at') }} as first_seen_on
from {{ ref('crm_segmentation', 'int_accounts') }}
{%- endmacro %}

{#
    SQL: account_id, as_of_date, facts_hash of the accounts there before each day: what
    their KPIs follow from at that day and at every earlier one. It changes with any fact
    before the day, with a cancellation before it, and with the declarations.
#}
{% macro facts_hashes(days, evidence, accounts, scope) %}
{%- set declared = [] -%}
{%- for column in crm_segmentation.kpi_columns(scope) -%}
    {%- set kpi = {} -%}
    {%- for key, value in column.kpi.items()
        if key not in ['label', 'description', 'unit'] -%}
        {%- do kpi.update({key: value}) -%}
    {%- endfor -%}
    {%- do declared.append([column.column, column.window, kpi]) -%}
{%- endfor -%}
{%- set words = [] -%}
{%- for column in crm_segmentation.kpi_evidence_columns()
    if column not in ['account_id', 'ended_on'] -%}
    {%- do words.append("coalesce(cast(evidence." ~ column ~ " as text), '-')") -%}
{%- endfor -%}
select
    accounts.account_id,
    days.as_of_date,
    md5(
        {{ crm_segmentation.text_literal(
            local_md5(tojson(declared, sort_keys=true))
        ) }}
        || cast(accounts.first_seen_on as text)
        || coalesce(cast(facts.hash_sum as text), '')
    ) as facts_hash
from {{ accounts }} as accounts
inner join {{ crm_segmentation.days_relation(days) }} as days
    on accounts.first_seen_on < days.as_of_date
left join (
    select
        evidence.account_id,
        days.as_of_date,
        sum({{ crm_segmentation.hash_number(
            words | join("\n            || '|' || ")
            ~ "\n            || '|' || case when evidence.ended_on < days.as_of_date"
            ~ " then cast(evidence.ended_on as text) else '-' end"
        ) }}) as hash_sum
    from {{ evidence }} as evidence
    inner join {{ crm_segmentation.days_relation(days) }} as days
        on evidence.occurred_on < days.as_of_date
    group by
        evidence.account_id,
        days.as_of_date
) as facts
    on
        accounts.account_id = facts.account_id
        and days.as_of_date = facts.as_of_date
{% endmacro %}

{#
    SQL that takes from this model what no longer holds: days that are no month end
    of this build, and accounts whose facts before the newest one that it holds are
    others now. Nothing before the model is built, or where it is built anew or without
    rows.
#}
{% macro forget_changed_accounts(scope) %}
    {%- if not is_incremental() or crm_segmentation.is_empty_run() -%}
        {{ return('') }}
    {%- endif -%}
    {%- set days = [] -%}
    {%- for day in crm_segmentation.month_ends() -%}
        {%- do days.append(crm_segmentation.date_literal(day)) -%}
    {%- endfor -%}
    {%- set there = adapter.get_columns_in_relation(this)
        | map(attribute='name') | map('lower') | list -%}
    {#- DuckDB changes no table from which the same transaction took rows, so a KPI that
        is new since the last build gets its column before anything is taken away -#}
    {%- for column in crm_segmentation.kpi_columns(scope)
        if column.column not in there -%}
        {%- do run_query(
            'alter table ' ~ this ~ ' add column ' ~ column.column ~ ' '
            ~ column.sql_type
        ) -%}
    {%- endfor -%}
    {%- set newest = none -%}
    {%- if 'facts_hash' in there -%}
        {%- set newest = run_query(
            "select max(as_of_date) from " ~ this
            ~ " where as_of_date in (" ~ days | join(', ') ~ ")"
        )[0][0] -%}
    {%- endif -%}
    {%- if newest is none -%}
        {{ return("delete from " ~ this) }}
    {%- endif -%}
    {%- set newest = crm_segmentation.to_day(newest, 'account_kpis_monthly') -%}
delete from {{ this }}
where
    as_of_date not in ({{ days | join(', ') }})
    or account_id in (
        select written.account_id
        from {{ this }} as written
        left join (
            {{ crm_segmentation.facts_hashes(
                [newest],
                ref('crm_segmentation', 'int_activity_by_day'),
                '(' ~ crm_segmentation.accounts_founded() ~ ')',
                scope
            ) | indent(12) }}
        ) as facts
            on written.account_id = facts.account_id
        where
            written.as_of_date = {{ crm_segmentation.date_literal(newest) }}
            and written.facts_hash is distinct from facts.facts_hash
    )
{% endmacro %}

{# Adds to each month end the accounts that it lacks. #}
{% macro fill_month_ends(scope) %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set days = crm_segmentation.month_ends() -%}
    {%- set sums = [] -%}
    {%- for day in days -%}
        {%- do sums.append(
            "sum(case when first_seen_on < " ~ crm_segmentation.date_literal(day)
            ~ " then 1 else 0 end)"
        ) -%}
    {%- endfor -%}
    {%- set founded = run_query(
        "select " ~ sums | join(', ') ~ " from ("
        ~ crm_segmentation.accounts_founded() ~ ") as accounts"
    )[0] -%}
    {%- set written = {} -%}
    {%- for row in run_query(
        "select as_of_date, count(*) from " ~ this ~ " group by as_of_date"
    ) -%}
        {%- do written.update({
            crm_segmentation.to_day(row[0], 'account_kpis_monthly') | string: row[1]
        }) -%}
    {%- endfor -%}
    {%- set columns = ['account_id', 'as_of_date'] -%}
    {%- for column in crm_segmentation.kpi_columns(scope) -%}
        {%- do columns.append(column.column) -%}
    {%- endfor -%}
    {%- do columns.append('facts_hash') -%}
    {#- month ends of which nothing is there, and others, each with the number of rows
        that it lacks -#}
    {%- set lacking = {false: [], true: []} -%}
    {%- for day in days -%}
        {%- set there = written.get(day | string, 0) -%}
        {%- set rows = (founded[loop.index0] or 0) | int - there -%}
        {%- if rows > 0 -%}
            {%- do lacking[there > 0].append({'day': day, 'rows': rows}) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- a planner that thinks of the table as it was before the deletes joins the few
        accounts that lack as if they were all, or all as if they were few -#}
    {%- set statistics = crm_segmentation.analyze_table() -%}
    {%- if statistics and (lacking[false] or lacking[true]) -%}
        {%- do run_query(statistics) -%}
    {%- endif -%}
    {%- for only_missing, month_ends in lacking.items() -%}
        {%- for some in crm_segmentation.month_ends_at_once(month_ends) -%}
            {%- call statement('fill_month_ends', auto_begin=false) -%}
insert into {{ this }} ({{ columns | join(', ') }})
{{ crm_segmentation.month_end_query(some, scope, only_missing) }}
            {%- endcall -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(crm_segmentation.analyze_table()) }}
{% endmacro %}

{#
    Month ends, in lists that one statement each fills: of many, as long as they have few
    rows, since a statement takes a third of a second before it has read any; of one where
    that has many, which bounds the memory.
#}
{% macro month_ends_at_once(month_ends) %}
    {%- set most = 200000 -%}
    {%- set lists = [] -%}
    {%- set filled = namespace(rows=most) -%}
    {%- for month_end in month_ends -%}
        {%- if filled.rows + month_end.rows > most -%}
            {%- do lists.append([]) -%}
            {%- set filled.rows = 0 -%}
        {%- endif -%}
        {%- do lists[-1].append(month_end.day) -%}
        {%- set filled.rows = filled.rows + month_end.rows -%}
    {%- endfor -%}
    {{ return(lists) }}
{% endmacro %}
