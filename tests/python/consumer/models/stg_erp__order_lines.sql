with

order_lines as (

    select 'O1' as order_id, 1 as line_number, 100.00 as amount
    union all
    select 'O1', 2, 20.50
    union all
    select 'O2', 1, 79.50
    union all
    select 'O3', 1, 10.00
    union all
    select 'O4', 1, 5.00

)

select
    cast(order_id || '-' || line_number as text) as order_line_id,
    cast(order_id as text) as order_id,
    cast('P' as text) as product_id,
    cast(1 as decimal(18, 3)) as quantity,
    cast(amount as decimal(18, 2)) as net_amount,
    cast(null as decimal(18, 2)) as cost_amount,
    cast('2025-06-30' as timestamp) as loaded_at
from order_lines
