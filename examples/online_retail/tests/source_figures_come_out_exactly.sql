-- The figures that are known of this data set, counted in staging: a row for each one
-- that differs.
with

invoice_lines as (

    select * from {{ ref('base_online_retail__invoice_lines') }}

),

customers as (

    select * from {{ ref('stg_erp__customers') }}

),

orders as (

    select * from {{ ref('stg_erp__orders') }}

),

order_lines as (

    select * from {{ ref('stg_erp__order_lines') }}

),

repeated_lines as (

    select count(*) - 1 as repetitions
    from {{ source('online_retail', 'invoice_lines') }}
    group by
        InvoiceNo,
        StockCode,
        Description,
        Quantity,
        InvoiceDate,
        UnitPrice,
        CustomerID,
        Country

),

countries_of_customers as (

    select
        customer_number,
        count(distinct country) as country_count,
        max(case when invoice_number like 'C%' then 0 else 1 end) as has_bought
    from invoice_lines
    where customer_number is not null
    group by customer_number

),

-- The usual clean rule, on what staging hands to the package. The price is the
-- source's: a tenth of a penny is above 0 and rounds to nothing.
clean_lines as (

    select
        orders.order_id,
        orders.erp_customer_id,
        order_lines.net_amount
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id
    inner join invoice_lines
        on order_lines.order_line_id = cast(invoice_lines.line_number as text)
    where
        orders.erp_customer_id is not null
        and orders.order_id not like 'C%'
        and order_lines.quantity > 0
        and invoice_lines.unit_price > 0

),

figures as (

    select
        'lines' as figure,
        541909 as expected,
        (select count(*) from invoice_lines) as found
    union all
    select
        'lines without a customer',
        135080,
        (select count(*) from invoice_lines where customer_number is null)
    union all
    select
        'customers',
        4372,
        (select count(*) from customers)
    union all
    select
        'invoices',
        25900,
        (select count(distinct invoice_number) from invoice_lines)
    union all
    select
        'cancellations',
        3836,
        (select count(*) from orders where status = 'cancellation')
    union all
    select
        'lines of cancellations',
        9288,
        (select count(*) from invoice_lines where line_kind = 'cancellation')
    union all
    select
        'rows that repeat another one',
        5268,
        (select sum(repetitions) from repeated_lines)
    union all
    select
        'lines with a quantity below 0',
        10624,
        (select count(*) from invoice_lines where quantity < 0)
    union all
    select
        'lines with a price not above 0',
        2517,
        (select count(*) from invoice_lines where unit_price <= 0)
    union all
    select
        'lines of bad debt',
        3,
        (select count(*) from invoice_lines where line_kind = 'bad debt')
    union all
    select
        'customers in two countries',
        8,
        (select count(*) from countries_of_customers where country_count = 2)
    union all
    select
        'customers with cancellations only',
        33,
        (select count(*) from countries_of_customers where has_bought = 0)
    union all
    select
        'clean lines',
        397884,
        (select count(*) from clean_lines)
    union all
    select
        'clean customers',
        4338,
        (select count(distinct erp_customer_id) from clean_lines)
    union all
    select
        'clean orders',
        18532,
        (select count(distinct order_id) from clean_lines)
    union all
    select
        'clean revenue',
        8911407.90,
        (select sum(net_amount) from clean_lines)

)

select * from figures
where found is distinct from expected
