{#- An order's day and currency decide the rate of all its lines. -#}
with orders as (
    {{ crm_segmentation.known_facts(ref('stg_erp__orders')) }}
),

order_lines as (
    {{ crm_segmentation.known_facts(ref('stg_erp__order_lines')) }}
),

products as (
    select * from {{ ref('stg_erp__products') }}
),

exchange_rates as (
    select * from {{ ref('int_exchange_rates_spanned') }}
),

account_keys as (
    select * from {{ ref('int_account_keys') }}
    where source = 'erp' and record_type in ('customer', 'guest')
),

orders_with_party as (
    select
        *,
        {{ crm_segmentation.order_party_type('orders') }} as party_type,
        {{ crm_segmentation.order_party_key('orders') }} as party_key,
        {{ crm_segmentation.local_date('ordered_at') }} as ordered_on
    from orders
),

orders_with_rate as (
    select
        orders_with_party.*,
        account_keys.account_id,
        exchange_rates.rate
    from orders_with_party
    left join account_keys
        on
            orders_with_party.party_type = account_keys.record_type
            and orders_with_party.party_key = account_keys.record_key
    left join exchange_rates
        on
            {{ crm_segmentation.is_rate_of(
                'exchange_rates', 'orders_with_party.currency_code',
                'orders_with_party.ordered_on'
            ) }}
),

converted as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        orders_with_rate.account_id,
        order_lines.product_id,
        products.category,
        products.subcategory,
        orders_with_rate.channel,
        orders_with_rate.currency_code,
        order_lines.quantity,
        order_lines.net_amount as source_net_amount,
        order_lines.cost_amount as source_cost_amount,
        {{ crm_segmentation.convert_amount(
            'order_lines.net_amount', 'orders_with_rate.rate'
        ) }} as net_amount,
        {{ crm_segmentation.convert_amount(
            'order_lines.cost_amount', 'orders_with_rate.rate'
        ) }} as cost_amount,
        orders_with_rate.ordered_at,
        orders_with_rate.ordered_on,
        orders_with_rate.cancelled_at,
        -- a line says nothing before its order is there
        greatest(order_lines.loaded_at, orders_with_rate.loaded_at) as loaded_at,
        case
            when orders_with_rate.order_id is null then 'unknown_order'
            when orders_with_rate.rate is null then 'missing_exchange_rate'
        end as rejection_reason
    from order_lines
    left join orders_with_rate
        on order_lines.order_id = orders_with_rate.order_id
    left join products
        on order_lines.product_id = products.product_id
),

final as (
    select
        cast(order_line_id as text) as order_line_id,
        cast(order_id as text) as order_id,
        cast(account_id as text) as account_id,
        cast(product_id as text) as product_id,
        cast(category as text) as category,
        cast(subcategory as text) as subcategory,
        cast(channel as text) as channel,
        cast(currency_code as text) as currency_code,
        cast(quantity as decimal(18, 3)) as quantity,
        cast(source_net_amount as decimal(18, 2)) as source_net_amount,
        cast(source_cost_amount as decimal(18, 2)) as source_cost_amount,
        cast(net_amount as decimal(18, 2)) as net_amount,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cast(ordered_at as timestamp) as ordered_at,
        cast(ordered_on as date) as ordered_on,
        cast(cancelled_at as timestamp) as cancelled_at,
        cast(loaded_at as timestamp) as loaded_at,
        cast(rejection_reason as text) as rejection_reason
    from converted
)

select * from final
