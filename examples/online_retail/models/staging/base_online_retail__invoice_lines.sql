with

invoice_lines as (

    select * from {{ source('online_retail', 'invoice_lines') }}

),

-- Codes of the shop's own book-keeping are letters; a product begins with digits,
-- but for gift vouchers and a few of one supplier.
typed_lines as (

    select
        file_row_number as line_number,
        InvoiceNo as invoice_number,
        StockCode as stock_code,
        nullif(trim(Description), '') as description,
        Quantity as quantity,
        cast(UnitPrice as decimal(18, 3)) as unit_price,
        CustomerID as customer_number,
        Country as country,
        -- The shop's clock is the United Kingdom's; its one summer time in the data.
        -- Nobody trades in the hour that the clock repeats.
        case
            when
                InvoiceDate >= '2011-03-27 02:00:00'
                and InvoiceDate < '2011-10-30 02:00:00'
                then InvoiceDate - interval '1 hour'
            else InvoiceDate
        end as invoiced_at,
        case
            when StockCode in ('POST', 'DOT', 'C2') then 'Postage'
            when StockCode in ('AMAZONFEE', 'BANK CHARGES', 'CRUK') then 'Fees'
            when StockCode in ('M', 'm', 'D', 'S', 'B') then 'Adjustments'
            else 'Goods'
        end as category
    from invoice_lines

),

-- An invoice on which nothing is charged is no sale: stock that was counted, lost or
-- given away.
classified_lines as (

    select
        *,
        case
            when invoice_number like 'A%' then 'bad debt'
            when
                max(abs(unit_price)) over (partition by invoice_number) = 0
                then 'nothing charged'
            when invoice_number like 'C%' then 'cancellation'
            else 'sale'
        end as line_kind
    from typed_lines

)

select * from classified_lines
