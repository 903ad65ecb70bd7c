{%- set record_key = crm_segmentation.clean_text('product_no') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('erp', 'products') }}

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
        {{ crm_segmentation.clean_text('product_no') }} as product_id,
        {{ crm_segmentation.clean_text('name') }} as name,
        {{ crm_segmentation.clean_text('category') }} as category,
        {{ crm_segmentation.clean_text('subcategory') }} as subcategory,
        {{ crm_segmentation.cast_or_null('unit_price', 'decimal(18, 2)') }}
            as unit_price,
        {{ crm_segmentation.clean_text('currency') }} as currency_code,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'unit_price': 'decimal(18, 2)'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['product_no'],
            required={'_loaded_at': 'timestamp'}
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
