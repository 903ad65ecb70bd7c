{#- Since when an account's KPIs and flags are what they are, time apart. The facts
    and flags of the built day before are evaluated on this day: where that gives
    what this build gives, nothing but time has passed. -#}
{%- set as_of = crm_segmentation.as_of_date() -%}
{%- set day = crm_segmentation.date_literal(as_of) -%}
{%- set evidence_columns = crm_segmentation.kpi_evidence_columns() -%}
{%- set kpi_columns = crm_segmentation.kpi_columns() -%}
{%- set kept_columns = {'account_id': 'text', 'changed_at': 'date'} -%}

with kept as (
    {{- crm_segmentation.kept_rows(kept_columns) }}
),

-- a past day that is not recorded keeps later days too, without reading them
kept_before as (
    select * from kept
    where as_of_date < {{ day }}
),

kpis_now as (
    select * from {{ ref('int_account_kpis') }}
),

evidence as (
    select * from {{ ref('int_kpi_evidence_kept') }}
),

flags as (
    select * from {{ ref('int_kpi_flags_kept') }}
),

evidence_before as (
    select
        {{ evidence_columns.keys() | join(',\n        ') }}
    from evidence
    where as_of_date < {{ day }}
),

evidence_now as (
    select
        {{ evidence_columns.keys() | join(',\n        ') }}
    from evidence
    where as_of_date = {{ day }}
),

facts_gone as (
    select * from evidence_before
    except
    select * from evidence_now
),

facts_new as (
    select * from evidence_now
    except
    select * from evidence_before
),

accounts_with_other_facts as (
    select account_id from facts_gone
    union
    select account_id from facts_new
),

founded_before as (
    -- the day is any before the as_of day: who had facts then was there then
    select
        accounts_with_other_facts.account_id,
        {{ crm_segmentation.date_literal(
            crm_segmentation.add_days(as_of, -1)
        ) }} as first_seen_on
    from accounts_with_other_facts
    inner join kept_before
        on accounts_with_other_facts.account_id = kept_before.account_id
),

evidence_of_founded_before as (
    select evidence_before.*
    from evidence_before
    inner join founded_before
        on evidence_before.account_id = founded_before.account_id
),

kpis_of_old_facts as (
    {{ crm_segmentation.kpi_query(
        days=[as_of],
        evidence='evidence_of_founded_before',
        accounts='founded_before',
        parts=true
    ) | indent(4) }}
),

-- the KPIs that there would be had only time passed
kpis_expected as (
    select * from kpis_of_old_facts
    union all
    select kpis_now.*
    from kpis_now
    left join kpis_of_old_facts
        on kpis_now.account_id = kpis_of_old_facts.account_id
    where kpis_of_old_facts.account_id is null
),

flags_before as (
    select * from flags
    where as_of_date < {{ day }}
),

flags_now as (
    select * from flags
    where as_of_date = {{ day }}
),

raised_expected as (
    {{ crm_segmentation.kpi_flag_query('kpis_expected', 'flags_before')
        | indent(4) }}
),

raised_now as (
    {{ crm_segmentation.kpi_flag_query('kpis_now', 'flags_now') | indent(4) }}
),

accounts_with_other_kpis as (
    select kpis_now.account_id
    from kpis_now
    inner join kpis_of_old_facts
        on kpis_now.account_id = kpis_of_old_facts.account_id
    where
        {%- for column in kpi_columns %}
        kpis_now.{{ column.column }}
        is distinct from kpis_of_old_facts.{{ column.column }}
        or
        {%- endfor %}
        false
),

accounts_with_other_flags as (
    select
        coalesce(raised_now.account_id, raised_expected.account_id)
            as account_id
    from raised_now
    full outer join raised_expected
        on
            raised_now.account_id = raised_expected.account_id
            and raised_now.flag = raised_expected.flag
    where raised_now.flag is null or raised_expected.flag is null
),

changed_accounts as (
    select account_id from accounts_with_other_kpis
    union
    select account_id from accounts_with_other_flags
),

dated as (
    select
        kpis_now.as_of_date,
        kpis_now.account_id,
        case
            when changed_accounts.account_id is null then kept_before.changed_at
            else kpis_now.as_of_date
        end as changed_at
    from kpis_now
    left join kept_before
        on kpis_now.account_id = kept_before.account_id
    left join changed_accounts
        on kpis_now.account_id = changed_accounts.account_id
),

unioned as (
    select
        as_of_date,
        account_id,
        changed_at
    from kept
    union all
    select
        as_of_date,
        account_id,
        -- an account that was not there before is new today
        coalesce(changed_at, as_of_date) as changed_at
    from dated
),

final as (
    select
        cast(as_of_date as date) as as_of_date,
        cast(account_id as text) as account_id,
        cast(changed_at as date) as changed_at
    from unioned
)

select * from final
