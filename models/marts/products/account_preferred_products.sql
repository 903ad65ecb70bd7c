-- What an account buys most, for its list of favourites. Days count and not lines: ten
-- lines of one order are one wish.
{%- set outlook = crm_segmentation.purchase_outlook_settings() -%}
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) %}

with

activity as (

    select * from {{ ref('int_activity_by_day') }}

),

products as (

    select * from {{ ref('stg_erp__products') }}

),

purchases as (

    select
        account_id,
        product_id,
        occurred_on as purchased_on,
        sum(quantity) as quantity
    from activity
    where event_name = 'order_line'
        and product_id is not null
        and {{ crm_segmentation.in_purchase_outlook() }}
    group by account_id, product_id, occurred_on

),

purchases_in_order as (

    select
        account_id,
        product_id,
        purchased_on,
        quantity,
        lag(purchased_on) over (
            partition by account_id, product_id order by purchased_on
        ) as purchased_before_on
    from purchases

),

bought as (

    select
        account_id,
        product_id,
        count(*) as purchase_count,
        sum(quantity) as quantity,
        max(purchased_on) as last_purchased_on,
        case
            when count(purchased_before_on) >= {{ outlook.minimum_intervals }}
                then percentile_cont(0.5) within group (
                    order by {{ crm_segmentation.days_between(
                        'purchased_before_on', 'purchased_on'
                    ) }}
                )
        end as usual_interval_days
    from purchases_in_order
    group by account_id, product_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by account_id
            order by
                purchase_count desc nulls last,
                last_purchased_on desc nulls last,
                quantity desc nulls last,
                {{ crm_segmentation.by_bytes('product_id') }}
        ) as preference_rank
    from bought

),

final as (

    select
        cast(ranked.account_id as text) as account_id,
        cast(ranked.product_id as text) as product_id,
        cast(products.name as text) as product_name,
        cast(products.category as text) as category,
        {{ day }} as as_of_date,
        cast(ranked.preference_rank as integer) as preference_rank,
        cast(ranked.purchase_count as integer) as purchase_count,
        cast(ranked.quantity as decimal(18, 3)) as quantity,
        cast(ranked.last_purchased_on as date) as last_purchased_on,
        cast(ranked.usual_interval_days as decimal(9, 1)) as usual_interval_days,
        ranked.last_purchased_on
        + cast(ceil(ranked.usual_interval_days) as integer) as next_expected_on
    from ranked
    left join products
        on ranked.product_id = products.product_id
    where ranked.preference_rank <= 10

)

select * from final
