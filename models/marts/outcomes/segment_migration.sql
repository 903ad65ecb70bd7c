with

moves as (

    select *
    from {{ ref('account_segment_moves') }}
    where from_segment <> '(none)' or to_segment <> '(none)'

),

cells as (

    select
        period,
        from_date,
        to_date,
        from_segment,
        to_segment,
        count(*) as account_count
    from moves
    group by
        period,
        from_date,
        to_date,
        from_segment,
        to_segment

),

cells_with_origin as (

    select
        *,
        sum(account_count) over (
            partition by period, from_date, to_date, from_segment
        ) as from_account_count
    from cells

),

final as (

    select
        cast(period as text) as period,
        cast(from_date as date) as from_date,
        cast(to_date as date) as to_date,
        cast(from_segment as text) as from_segment,
        cast(to_segment as text) as to_segment,
        cast(account_count as bigint) as account_count,
        cast(
            {{
                crm_segmentation.exact_quotient(
                    'account_count', 'from_account_count', 6
                )
            }} as decimal(9, 6)
        ) as share_of_from_segment
    from cells_with_origin

)

select * from final
