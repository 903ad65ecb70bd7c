{%- set record_key = crm_segmentation.clean_text('contact_no') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'contacts') }}

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
        {{ crm_segmentation.clean_text('contact_no') }} as crm_contact_id,
        {{ crm_segmentation.clean_text('account_no') }} as crm_account_id,
        {{ crm_segmentation.clean_text('first_name') }} as first_name,
        {{ crm_segmentation.clean_text('last_name') }} as last_name,
        {{ crm_segmentation.clean_text('email') }} as email,
        {{ crm_segmentation.clean_text('phone') }} as phone,
        {{ crm_segmentation.clean_text('role') }} as role,
        {{ crm_segmentation.cast_or_null('is_primary', 'boolean') }} as is_primary,
        {{ crm_segmentation.cast_or_null('birth_date', 'date') }} as birth_date,
        {{ crm_segmentation.cast_or_null('created_at', 'timestamp') }} as created_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'is_primary': 'boolean',
            'birth_date': 'date'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['contact_no'],
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
