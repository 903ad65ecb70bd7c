{%- set record_key = crm_segmentation.clean_text('order_no') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('erp', 'orders') }}

),

repeated_keys as {{ crm_segmentation.materialized() }} (

    select {{ record_key }} as record_key
    from raw_rows
    where {{ record_key }} is not null
    group by {{ record_key }}
    having count(*) > 1

),

typed as {{ crm_segmentation.not_materialized() }} (

    select
        {{ record_key }} as record_key,
        {{ crm_segmentation.clean_text('order_no') }} as order_id,
        {{ crm_segmentation.clean_text('customer_no') }} as erp_customer_id,
        {{ crm_segmentation.clean_text('email') }} as guest_email,
        {{ crm_segmentation.cast_or_null('ordered_at', 'timestamp') }} as ordered_at,
        {{ crm_segmentation.clean_text('status') }} as status,
        {{ crm_segmentation.cast_or_null('cancelled_at', 'timestamp') }}
            as cancelled_at,
        {{ crm_segmentation.clean_text('channel') }} as channel,
        {{ crm_segmentation.clean_text('currency') }} as currency_code,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'cancelled_at': 'timestamp'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['order_no'],
            required={
                'ordered_at': 'timestamp',
                'currency': 'text',
                '_loaded_at': 'timestamp'
            },
            not_after_load=['ordered_at', 'cancelled_at']
        ) }} as row_fault,
        {{ crm_segmentation.row_as_json('raw_rows') }} as raw_row,
        coalesce(
            {{ record_key }} in (select repeated_keys.record_key from repeated_keys),
            false
        ) as is_repeated
    from raw_rows

),

{{ crm_segmentation.judge_repeated_keys('typed') }}

select * from final
