with

measures as (

    select * from {{ ref('rfm_measures') }}

),

scored as (

    {{ crm_segmentation.score_rfm('measures') | indent(4) }}

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(as_of_date as date) as as_of_date,
        cast(recency as integer) as recency_days,
        cast(frequency as decimal(18, 2)) as frequency,
        cast(monetary as decimal(18, 2)) as monetary,
        cast(length as decimal(18, 2)) as length,
        cast(variety as decimal(18, 2)) as variety,
        cast(recency_score as integer) as recency_score,
        cast(frequency_score as integer) as frequency_score,
        cast(monetary_score as integer) as monetary_score,
        cast(length_score as integer) as length_score,
        cast(variety_score as integer) as variety_score,
        cast(rfm_code as text) as rfm_code,
        cast(rfm_score as decimal(5, 2)) as rfm_score,
        cast(rfm_segment as text) as rfm_segment,
        cast(fit_version as integer) as fit_version
    from scored

)

select * from final
