with

activity as (

    select * from {{ ref('int_activity') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

visible_lines as (

    select
        account_id,
        count(*) as line_count,
        sum(quantity) as item_count
    from activity
    where
        event_name = 'order_line'
        and category = 'Goods'
        and occurred_at
        < {{ crm_segmentation.instant_literal(crm_segmentation.as_of_date()) }}
    group by account_id

),

final as (

    select
        cast(accounts.account_id as text) as account_id,
        cast(
            cast(visible_lines.item_count as decimal(18, 3))
            / nullif(visible_lines.line_count, 0)
            as decimal(18, 2)
        ) as average_line_quantity
    from accounts
    left join visible_lines
        on accounts.account_id = visible_lines.account_id

)

select * from final
