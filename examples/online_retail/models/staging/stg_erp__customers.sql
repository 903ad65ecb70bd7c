with

invoice_lines as (

    select * from {{ ref('base_online_retail__invoice_lines') }}

),

country_codes as (

    select * from {{ ref('country_codes') }}

),

-- Eight customers have invoices from two countries: the latest is where they are.
latest_invoices as (

    select
        customer_number,
        country,
        min(invoiced_at) over (partition by customer_number) as first_invoiced_at,
        row_number() over (
            partition by customer_number
            order by invoiced_at desc nulls last, line_number desc nulls last
        ) as invoice_rank
    from invoice_lines
    where customer_number is not null

),

final as (

    select
        cast(latest_invoices.customer_number as text) as erp_customer_id,
        cast(null as text) as name,
        cast(null as text) as email,
        cast(null as text) as phone,
        cast(null as text) as street,
        cast(null as text) as postal_code,
        cast(null as text) as city,
        cast(country_codes.country_code as text) as country_code,
        cast(null as text) as tax_id,
        cast(null as text) as customer_group,
        cast(null as decimal(18, 2)) as credit_limit_amount,
        cast('GBP' as text) as currency_code,
        cast(null as text) as crm_account_id,
        cast(latest_invoices.first_invoiced_at as timestamp) as created_at,
        cast(latest_invoices.first_invoiced_at as timestamp) as loaded_at
    from latest_invoices
    left join country_codes
        on latest_invoices.country = country_codes.country
    where latest_invoices.invoice_rank = 1

)

select * from final
