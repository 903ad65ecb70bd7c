{#- A return is booked at its own time and at the rate of its own day. -#}
with returns as (
    {{ crm_segmentation.known_facts(ref('stg_erp__returns')) }}
),

orders as (
    {{ crm_segmentation.known_facts(ref('stg_erp__orders')) }}
),

order_lines as (
    select * from {{ ref('int_order_lines_converted') }}
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

rejected_orders as (
    select distinct order_id
    from order_lines
    where rejection_reason is not null
),

returns_of_orders as (
    select
        returns.return_id,
        returns.order_line_id,
        returns.quantity,
        returns.net_amount as source_net_amount,
        returns.returned_at,
        {{ crm_segmentation.local_date('returns.returned_at') }} as returned_on,
        returns.reason,
        returns.loaded_at,
        coalesce(returns.order_id, order_lines.order_id) as order_id,
        order_lines.order_line_id is not null as has_line,
        order_lines.product_id,
        order_lines.quantity as line_quantity,
        order_lines.cost_amount as line_cost_amount
    from returns
    left join order_lines
        on returns.order_line_id = order_lines.order_line_id
),

returns_with_party as (
    select
        returns_of_orders.*,
        orders.order_id is not null as has_order,
        orders.channel,
        orders.currency_code,
        orders.cancelled_at,
        orders.loaded_at as order_loaded_at,
        {{ crm_segmentation.order_party_type('orders') }} as party_type,
        {{ crm_segmentation.order_party_key('orders') }} as party_key
    from returns_of_orders
    left join orders
        on returns_of_orders.order_id = orders.order_id
),

returns_with_rate as (
    select
        returns_with_party.*,
        account_keys.account_id,
        exchange_rates.rate,
        rejected_orders.order_id is not null as is_order_rejected
    from returns_with_party
    left join account_keys
        on
            returns_with_party.party_type = account_keys.record_type
            and returns_with_party.party_key = account_keys.record_key
    left join exchange_rates
        on
            {{ crm_segmentation.is_rate_of(
                'exchange_rates', 'returns_with_party.currency_code',
                'returns_with_party.returned_on'
            ) }}
    left join rejected_orders
        on returns_with_party.order_id = rejected_orders.order_id
),

converted as (
    select
        returns_with_rate.*,
        products.category,
        products.subcategory,
        {{ crm_segmentation.convert_amount(
            'returns_with_rate.source_net_amount', 'returns_with_rate.rate'
        ) }} as net_amount,
        -- the goods come back, so their share of the line's cost does too
        case
            when returns_with_rate.has_line
                then {{ crm_segmentation.exact_quotient(
                    'cast(returns_with_rate.line_cost_amount as decimal(19, 2)) '
                    ~ '* cast(returns_with_rate.quantity as decimal(18, 3))',
                    'returns_with_rate.line_quantity',
                    2
                ) }}
            -- of which line is unknown: all that was given back is lost
            else 0
        end as cost_amount,
        case
            when not returns_with_rate.has_order then 'unknown_order'
            when returns_with_rate.rate is null then 'missing_exchange_rate'
            -- what was never booked cannot be taken back
            when returns_with_rate.is_order_rejected then 'order_rejected'
        end as rejection_reason
    from returns_with_rate
    left join products
        on returns_with_rate.product_id = products.product_id
),

final as (
    select
        cast(return_id as text) as return_id,
        cast(order_id as text) as order_id,
        cast(order_line_id as text) as order_line_id,
        cast(account_id as text) as account_id,
        cast(product_id as text) as product_id,
        cast(category as text) as category,
        cast(subcategory as text) as subcategory,
        cast(channel as text) as channel,
        cast(reason as text) as reason,
        cast(currency_code as text) as currency_code,
        cast(quantity as decimal(18, 3)) as quantity,
        cast(source_net_amount as decimal(18, 2)) as source_net_amount,
        cast(net_amount as decimal(18, 2)) as net_amount,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cast(returned_at as timestamp) as returned_at,
        cast(returned_on as date) as returned_on,
        cast(cancelled_at as timestamp) as cancelled_at,
        cast(greatest(loaded_at, order_loaded_at) as timestamp) as loaded_at,
        cast(rejection_reason as text) as rejection_reason
    from converted
)

select * from final
