with

kpis as (

    select *
    from {{ ref('account_kpis_monthly') }}

),

measures as (

    select *
    from {{ ref('rfm_measures_monthly') }}

),

scored as (

    {{ crm_segmentation.score_rfm('measures') | indent(4) }}

),

final as (

    select
        cast(kpis.account_id as text) as account_id,
        cast(kpis.as_of_date as date) as as_of_date,
        cast(scored.rfm_code as text) as rfm_code,
        cast(scored.rfm_segment as text) as rfm_segment,
        cast(kpis.days_since_last_order as integer) as days_since_last_order,
        cast(kpis.revenue_all as decimal(18, 2)) as revenue_all
    from kpis
    left join scored
        on
            kpis.account_id = scored.account_id
            and kpis.as_of_date = scored.as_of_date

)

select * from final
