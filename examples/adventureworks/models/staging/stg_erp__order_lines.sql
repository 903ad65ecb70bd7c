with

order_lines as (

    select * from {{ source('adventureworks', 'sales_order_detail') }}

),

orders as (

    select * from {{ source('adventureworks', 'sales_order_header') }}

),

costs as (

    select * from {{ source('adventureworks', 'product_cost_history') }}

),

priced_lines as (

    select
        order_lines.SalesOrderID as sales_order_id,
        order_lines.LineNumber as line_number,
        order_lines.ProductID as product_id,
        order_lines.OrderQty as quantity,
        order_lines.LineTotal as line_amount,
        order_lines.OrderQty * costs.StandardCost as cost_amount,
        orders.SubTotal as order_amount,
        orders.OnlineOrderFlag as is_online,
        orders.ModifiedDate as modified_at,
        row_number() over (
            partition by order_lines.SalesOrderID
            order by order_lines.LineNumber asc nulls last
        ) as line_rank,
        sum(order_lines.LineTotal) over (
            partition by order_lines.SalesOrderID
        ) as lines_amount
    from order_lines
    inner join orders
        on order_lines.SalesOrderID = orders.SalesOrderID
    left join costs
        on
            order_lines.ProductID = costs.ProductID
            and orders.OrderDate >= costs.StartDate
            and (
                costs.EndDate is null
                or orders.OrderDate < costs.EndDate + interval '1 day'
            )

),

-- The lines were rebuilt from prices of two decimals, the order's total is exact: the
-- first line carries the difference (7 cents at most).
exact_lines as (

    select
        *,
        case
            when line_rank = 1 then line_amount + order_amount - lines_amount
            else line_amount
        end as exact_amount
    from priced_lines

),

-- Money has two decimals here and four in the source. Rounding the running total
-- instead of each line keeps every order within a cent, and the sums exact.
running_totals as (

    select
        *,
        sum(exact_amount) over (
            partition by is_online
            order by sales_order_id asc nulls last, line_number asc nulls last
            rows between unbounded preceding and current row
        ) as running_amount
    from exact_lines

),

final as (

    select
        cast(sales_order_id || '-' || line_number as text) as order_line_id,
        cast(sales_order_id as text) as order_id,
        cast(product_id as text) as product_id,
        cast(quantity as decimal(18, 3)) as quantity,
        cast(
            round(running_amount, 2) - round(running_amount - exact_amount, 2)
            as decimal(18, 2)
        ) as net_amount,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cast(modified_at as timestamp) as loaded_at
    from running_totals

)

select * from final
