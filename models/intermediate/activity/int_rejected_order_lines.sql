-- Times enter the row as text: engines write them into JSON in ways of their own.
with order_lines as (
    select
        order_line_id,
        order_id,
        product_id,
        quantity,
        source_net_amount as net_amount,
        source_cost_amount as cost_amount,
        currency_code,
        ordered_on,
        rejection_reason,
        cast(loaded_at as text) as loaded_at
    from {{ ref('int_order_lines_converted') }}
    where rejection_reason is not null
),

returns as (
    select
        return_id,
        order_id,
        order_line_id,
        quantity,
        source_net_amount as net_amount,
        currency_code,
        returned_on,
        rejection_reason,
        cast(loaded_at as text) as loaded_at
    from {{ ref('int_returns_converted') }}
    where rejection_reason is not null
),

rejected as (
    select
        'order_lines' as table_name,
        order_line_id as record_key,
        rejection_reason as reason,
        {{ crm_segmentation.row_as_json('order_lines') }} as raw_row,
        loaded_at
    from order_lines
    union all
    select
        'returns' as table_name,
        return_id as record_key,
        rejection_reason as reason,
        {{ crm_segmentation.row_as_json('returns') }} as raw_row,
        loaded_at
    from returns
),

final as (
    select
        cast('erp' as text) as source_name,
        cast(table_name as text) as table_name,
        cast(record_key as text) as record_key,
        cast(reason as text) as reason,
        cast(raw_row as text) as raw_row,
        cast(loaded_at as timestamp) as loaded_at
    from rejected
)

select * from final
