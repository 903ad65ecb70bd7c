{%- set record_key = crm_segmentation.clean_text('return_id') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('erp', 'returns') }}

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
        {{ crm_segmentation.clean_text('return_id') }} as return_id,
        {{ crm_segmentation.clean_text('order_no') }} as order_id,
        {{ crm_segmentation.clean_text('line_id') }} as order_line_id,
        {{ crm_segmentation.cast_or_null('quantity', 'decimal(18, 3)') }} as quantity,
        {{ crm_segmentation.cast_or_null('net_amount', 'decimal(18, 2)') }}
            as net_amount,
        {{ crm_segmentation.cast_or_null('returned_at', 'timestamp') }} as returned_at,
        {{ crm_segmentation.clean_text('reason') }} as reason,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        0 as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['return_id'],
            required={
                'quantity': 'decimal(18, 3)',
                'net_amount': 'decimal(18, 2)',
                'returned_at': 'timestamp',
                '_loaded_at': 'timestamp'
            },
            not_after_load=['returned_at']
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
