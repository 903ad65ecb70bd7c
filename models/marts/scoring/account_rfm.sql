with

kpis as (

    select * from {{ ref('account_kpis') }}

),

scored as (

    {{ crm_segmentation.score_rfm('kpis') | indent(4) }}

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(recency_days as integer) as recency_days,
        cast(frequency as integer) as frequency,
        cast(monetary as decimal(18, 2)) as monetary,
        cast(recency_score as integer) as recency_score,
        cast(frequency_score as integer) as frequency_score,
        cast(monetary_score as integer) as monetary_score,
        cast(rfm_code as text) as rfm_code,
        cast(rfm_segment as text) as rfm_segment,
        cast(fit_version as integer) as fit_version
    from scored

)

select * from final
