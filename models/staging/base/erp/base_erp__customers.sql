{%- set record_key = crm_segmentation.clean_text('customer_no') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('erp', 'customers') }}

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
        {{ crm_segmentation.clean_text('customer_no') }} as erp_customer_id,
        {{ crm_segmentation.clean_text('name') }} as name,
        {{ crm_segmentation.clean_text('email') }} as email,
        {{ crm_segmentation.clean_text('phone') }} as phone,
        {{ crm_segmentation.clean_text('street') }} as street,
        {{ crm_segmentation.clean_text('postal_code') }} as postal_code,
        {{ crm_segmentation.clean_text('city') }} as city,
        {{ crm_segmentation.clean_text('country') }} as country_code,
        {{ crm_segmentation.clean_text('tax_id') }} as tax_id,
        {{ crm_segmentation.clean_text('customer_group') }} as customer_group,
        {{ crm_segmentation.cast_or_null('credit_limit', 'decimal(18, 2)') }}
            as credit_limit_amount,
        {{ crm_segmentation.clean_text('currency') }} as currency_code,
        {{ crm_segmentation.clean_text('crm_account_no') }} as crm_account_id,
        {{ crm_segmentation.cast_or_null('created_at', 'timestamp') }} as created_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'credit_limit': 'decimal(18, 2)'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['customer_no'],
            required={'created_at': 'timestamp', '_loaded_at': 'timestamp'},
            not_after_load=['created_at']
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
