with

invoice_lines as (

    select * from {{ ref('base_online_retail__invoice_lines') }}

),

-- A cancellation names no invoice that it cancels, so it stays a document of its own:
-- an order with negative lines, that is a return.
final as (

    select
        cast(invoice_number as text) as order_id,
        cast(min(customer_number) as text) as erp_customer_id,
        cast(null as text) as guest_email,
        cast(min(invoiced_at) as timestamp) as ordered_at,
        cast(min(line_kind) as text) as status,
        cast(null as timestamp) as cancelled_at,
        cast('web' as text) as channel,
        cast('GBP' as text) as currency_code,
        cast(max(invoiced_at) as timestamp) as loaded_at
    from invoice_lines
    where line_kind in ('sale', 'cancellation')
    group by invoice_number

)

select * from final
