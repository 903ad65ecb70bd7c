with

-- two orders of one customer, one of another, and a guest's
orders as (

    select 'O1' as order_id, 'C1' as customer_id, null as email, '2025-01-10' as day
    union all
    select 'O2', 'C1', null, '2025-06-20'
    union all
    select 'O3', 'C2', null, '2025-06-21'
    union all
    select 'O4', null, 'guest@example.com', '2025-06-22'

)

select
    cast(order_id as text) as order_id,
    cast(customer_id as text) as erp_customer_id,
    cast(email as text) as guest_email,
    cast(day as timestamp) as ordered_at,
    cast('shipped' as text) as status,
    cast(null as timestamp) as cancelled_at,
    cast('web' as text) as channel,
    cast('EUR' as text) as currency_code,
    cast(day as timestamp) as loaded_at
from orders
