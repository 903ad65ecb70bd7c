-- Another extract of the first 1,566 orders: each total within a cent of ours.
with

checked_orders as (

    select * from {{ source('adventureworks', 'check_sales_order_header') }}

),

order_lines as (

    select * from {{ ref('stg_erp__order_lines') }}

),

order_amounts as (

    select
        order_id,
        sum(net_amount) as net_amount
    from order_lines
    group by order_id

)

select
    checked_orders.salesorderid,
    checked_orders.subtotal,
    order_amounts.net_amount
from checked_orders
left join order_amounts
    on cast(checked_orders.salesorderid as text) = order_amounts.order_id
where
    order_amounts.net_amount is null
    or abs(order_amounts.net_amount - checked_orders.subtotal) > 0.01
