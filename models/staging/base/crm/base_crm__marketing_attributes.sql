{%- set record_key = crm_segmentation.joined_key([
    crm_segmentation.clean_text('account_no'),
    crm_segmentation.clean_text('attribute'),
    crm_segmentation.clean_text('value')
]) -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'marketing_attributes') }}

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
        {{ crm_segmentation.clean_text('attribute') }} as attribute,
        {{ crm_segmentation.clean_text('value') }} as value,
        {{ crm_segmentation.cast_or_null('updated_at', 'timestamp') }} as updated_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        0 as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['account_no', 'attribute'],
            required={'updated_at': 'timestamp', '_loaded_at': 'timestamp'},
            not_after_load=['updated_at']
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
