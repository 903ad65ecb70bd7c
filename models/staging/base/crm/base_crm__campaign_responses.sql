{%- set record_key = crm_segmentation.clean_text('response_id') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'campaign_responses') }}

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
        {{ crm_segmentation.clean_text('response_id') }} as campaign_response_id,
        {{ crm_segmentation.clean_text('campaign_id') }} as campaign_id,
        {{ crm_segmentation.clean_text('account_no') }} as crm_account_id,
        {{ crm_segmentation.clean_text('response_type') }} as response_type,
        {{ crm_segmentation.cast_or_null('responded_at', 'timestamp') }}
            as responded_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        0 as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['response_id'],
            required={
                'campaign_id': 'text',
                'account_no': 'text',
                'response_type': 'text',
                'responded_at': 'timestamp',
                '_loaded_at': 'timestamp'
            },
            not_after_load=['responded_at']
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
