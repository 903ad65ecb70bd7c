{%- set record_key = crm_segmentation.clean_text('event_id') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('web', 'events') }}

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
        {{ crm_segmentation.clean_text('event_id') }} as event_id,
        {{ crm_segmentation.clean_text('visitor_id') }} as visitor_id,
        {{ crm_segmentation.clean_text('user_email') }} as user_email,
        {{ crm_segmentation.clean_text('customer_no') }} as erp_customer_id,
        {{ crm_segmentation.clean_text('event_name') }} as event_name,
        {{ crm_segmentation.clean_text('product_no') }} as product_id,
        {{ crm_segmentation.clean_text('cart_id') }} as cart_id,
        {{ crm_segmentation.clean_text('url') }} as url,
        {{ crm_segmentation.cast_or_null('occurred_at', 'timestamp') }} as occurred_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        0 as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['event_id'],
            required={
                'visitor_id': 'text',
                'event_name': 'text',
                'occurred_at': 'timestamp',
                '_loaded_at': 'timestamp'
            },
            not_after_load=['occurred_at']
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
