with

orders as (

    select * from {{ source('adventureworks', 'sales_order_header') }}

),

final as (

    select
        cast(SalesOrderID as text) as order_id,
        cast(CustomerID as text) as erp_customer_id,
        cast(null as text) as guest_email,
        cast(OrderDate as timestamp) as ordered_at,
        -- 5 is shipped, and the sample holds nothing else
        cast(case Status when 5 then 'shipped' else 'open' end as text) as status,
        cast(null as timestamp) as cancelled_at,
        cast(case when OnlineOrderFlag then 'web' else 'sales' end as text) as channel,
        -- SubTotal is in dollars also where the customer paid in another currency
        cast('USD' as text) as currency_code,
        cast(ModifiedDate as timestamp) as loaded_at
    from orders

)

select * from final
