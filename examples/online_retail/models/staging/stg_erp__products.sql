with

invoice_lines as (

    select * from {{ ref('base_online_retail__invoice_lines') }}

),

-- Clerks write notes into the description ("damaged", "?"): the one that most lines
-- carry is the product's name.
described_lines as (

    select
        stock_code,
        category,
        description,
        count(*) as line_count
    from invoice_lines
    where line_kind in ('sale', 'cancellation')
    group by stock_code, category, description

),

ranked_descriptions as (

    select
        *,
        row_number() over (
            partition by stock_code
            order by
                case when description is null then 1 else 0 end asc nulls last,
                line_count desc nulls last,
                description asc nulls last
        ) as description_rank
    from described_lines

),

latest_prices as (

    select
        stock_code,
        unit_price,
        row_number() over (
            partition by stock_code
            order by invoiced_at desc nulls last, line_number desc nulls last
        ) as price_rank
    from invoice_lines
    where
        line_kind = 'sale'
        and unit_price > 0

),

final as (

    select
        cast(ranked_descriptions.stock_code as text) as product_id,
        cast(ranked_descriptions.description as text) as name,
        cast(ranked_descriptions.category as text) as category,
        cast(null as text) as subcategory,
        cast(latest_prices.unit_price as decimal(18, 2)) as unit_price,
        cast('GBP' as text) as currency_code,
        cast('2010-12-01' as timestamp) as loaded_at
    from ranked_descriptions
    left join latest_prices
        on
            ranked_descriptions.stock_code = latest_prices.stock_code
            and latest_prices.price_rank = 1
    where ranked_descriptions.description_rank = 1

)

select * from final
