with

invoice_lines as (

    select * from {{ ref('base_online_retail__invoice_lines') }}

),

final as (

    select
        cast(line_number as text) as order_line_id,
        cast(invoice_number as text) as order_id,
        cast(stock_code as text) as product_id,
        cast(quantity as decimal(18, 3)) as quantity,
        cast(round(quantity * unit_price, 2) as decimal(18, 2)) as net_amount,
        cast(null as decimal(18, 2)) as cost_amount,
        cast(invoiced_at as timestamp) as loaded_at
    from invoice_lines
    where line_kind in ('sale', 'cancellation')

)

select * from final
