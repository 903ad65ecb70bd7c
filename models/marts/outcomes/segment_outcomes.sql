with

moves as (

    select *
    from {{ ref('account_segment_moves') }}
    where from_segment <> '(none)'

),

outcomes as (

    select
        period,
        from_date,
        to_date,
        from_segment,
        count(*) as account_count,
        sum(revenue_amount) as revenue_amount,
        sum(case when has_ordered then 1 else 0 end) as retained_count,
        sum(case when from_segment = to_segment then 1 else 0 end) as stayed_count
    from moves
    group by
        period,
        from_date,
        to_date,
        from_segment

),

final as (

    select
        cast(period as text) as period,
        cast(from_date as date) as from_date,
        cast(to_date as date) as to_date,
        cast(from_segment as text) as rfm_segment,
        cast(account_count as bigint) as account_count,
        cast(revenue_amount as decimal(18, 2)) as revenue_amount,
        cast(
            {{ crm_segmentation.exact_quotient('revenue_amount', 'account_count', 2) }}
            as decimal(18, 2)
        ) as revenue_per_account_amount,
        cast(retained_count as bigint) as retained_count,
        cast(
            {{ crm_segmentation.exact_quotient('retained_count', 'account_count', 6) }}
            as decimal(9, 6)
        ) as retention_share,
        cast(stayed_count as bigint) as stayed_count,
        cast(
            {{ crm_segmentation.exact_quotient('stayed_count', 'account_count', 6) }}
            as decimal(9, 6)
        ) as stability_share
    from outcomes

)

select * from final
