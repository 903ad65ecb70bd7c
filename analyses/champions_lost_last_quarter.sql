-- Who was a Champion three months ago and is not any more? The dearest first, for
-- sales to call.
with

moves as (

    select *
    from {{ ref('account_segment_moves') }}
    where period = 'quarter'

),

account_attributes as (

    select *
    from {{ ref('account_attributes') }}

),

newest as (

    select max(to_date) as to_date
    from moves

),

last_quarter as (

    select moves.*
    from moves
    inner join newest
        on moves.to_date = newest.to_date
    where
        moves.from_segment = 'Champions'
        and moves.to_segment <> 'Champions'

),

final as (

    select
        last_quarter.account_id,
        account_attributes.kind,
        account_attributes.country_code,
        account_attributes.industry,
        last_quarter.to_segment,
        last_quarter.revenue_amount as revenue_of_quarter,
        account_attributes.revenue_all,
        account_attributes.days_since_last_order
    from last_quarter
    inner join account_attributes
        on last_quarter.account_id = account_attributes.account_id

)

select * from final
order by revenue_all desc nulls last, {{ crm_segmentation.by_bytes('account_id') }}
