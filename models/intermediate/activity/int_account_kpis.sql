{#- Every KPI on the as_of day, those of the installing project too, so that facts
    are read once. `account_kpis` and `account_extra_kpis` show them. -#}
with founded_accounts as (
    select
        account_id,
        {{ crm_segmentation.local_date('founded_at') }} as first_seen_on
    from {{ ref('int_accounts') }}
),

kpis as (
    {{ crm_segmentation.kpi_query(
        days=[crm_segmentation.as_of_date()],
        evidence=ref('int_activity_by_day'),
        accounts='founded_accounts',
        parts=true
    ) | indent(4) }}
)

select * from kpis
