-- Does each segment come back, and is that getting better? Retention of the last four
-- quarters side by side, with what an account of the segment was worth in the newest.
with

outcomes as (

    select *
    from {{ ref('segment_outcomes') }}
    where period = 'quarter'

),

-- quarters that do not overlap, the newest first
quarters as (

    select
        to_date,
        row_number() over (order by to_date desc nulls last) as months_back
    from (select distinct to_date from outcomes) as ends

),

numbered as (

    select
        outcomes.rfm_segment,
        outcomes.account_count,
        outcomes.retention_share,
        outcomes.revenue_per_account_amount,
        quarters.months_back
    from outcomes
    inner join quarters
        on outcomes.to_date = quarters.to_date
    where quarters.months_back in (1, 4, 7, 10)

),

final as (

    select
        rfm_segment,
        max(case when months_back = 1 then account_count end) as account_count,
        max(case when months_back = 1 then revenue_per_account_amount end)
            as revenue_per_account_amount,
        max(case when months_back = 1 then retention_share end)
            as retention_last_quarter,
        max(case when months_back = 4 then retention_share end)
            as retention_quarter_before,
        max(case when months_back = 7 then retention_share end)
            as retention_two_before,
        max(case when months_back = 10 then retention_share end)
            as retention_three_before
    from numbered
    group by rfm_segment

)

select * from final
order by
    retention_last_quarter desc nulls last,
    {{ crm_segmentation.by_bytes('rfm_segment') }}
