{%- set record_key = crm_segmentation.clean_text('account_no') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'accounts') }}

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
        {{ crm_segmentation.clean_text('account_no') }} as crm_account_id,
        {{ crm_segmentation.clean_text('type') }} as account_type,
        {{ crm_segmentation.clean_text('name') }} as name,
        {{ crm_segmentation.clean_text('first_name') }} as first_name,
        {{ crm_segmentation.clean_text('last_name') }} as last_name,
        {{ crm_segmentation.cast_or_null('birth_date', 'date') }} as birth_date,
        {{ crm_segmentation.clean_text('gender') }} as gender,
        {{ crm_segmentation.clean_text('email') }} as email,
        {{ crm_segmentation.clean_text('phone') }} as phone,
        {{ crm_segmentation.clean_text('website') }} as website,
        {{ crm_segmentation.clean_text('street') }} as street,
        {{ crm_segmentation.clean_text('postal_code') }} as postal_code,
        {{ crm_segmentation.clean_text('city') }} as city,
        {{ crm_segmentation.clean_text('region') }} as region,
        {{ crm_segmentation.clean_text('country') }} as country_code,
        {{ crm_segmentation.cast_or_null('latitude', 'decimal(9, 6)') }} as latitude,
        {{ crm_segmentation.cast_or_null('longitude', 'decimal(9, 6)') }} as longitude,
        {{ crm_segmentation.clean_text('tax_id') }} as tax_id,
        {{ crm_segmentation.clean_text('industry') }} as industry,
        {{ crm_segmentation.cast_or_null('employees', 'integer') }} as employee_count,
        {{ crm_segmentation.cast_or_null('annual_revenue', 'decimal(18, 2)') }}
            as annual_revenue_amount,
        {{ crm_segmentation.clean_text('tier') }} as tier,
        {{ crm_segmentation.clean_text('owner_name') }} as owner_name,
        {{ crm_segmentation.clean_text('language') }} as language,
        {{ crm_segmentation.clean_text('household_id') }} as household_id,
        {{ crm_segmentation.cast_or_null('partner', 'boolean') }} as is_partner,
        {{ crm_segmentation.clean_text('parent_account_no') }} as parent_crm_account_id,
        {{ crm_segmentation.clean_text('merged_into') }} as merged_into_crm_account_id,
        {{ crm_segmentation.clean_text('erp_customer_no') }} as erp_customer_id,
        {{ crm_segmentation.cast_or_null('created_at', 'timestamp') }} as created_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'birth_date': 'date',
            'latitude': 'decimal(9, 6)',
            'longitude': 'decimal(9, 6)',
            'employees': 'integer',
            'annual_revenue': 'decimal(18, 2)',
            'partner': 'boolean'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['account_no'],
            required={
                'type': 'text',
                'created_at': 'timestamp',
                '_loaded_at': 'timestamp'
            },
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
