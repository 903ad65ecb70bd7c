{%- set record_key = crm_segmentation.clean_text('contract_id') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'contracts') }}

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
        {{ crm_segmentation.clean_text('contract_id') }} as contract_id,
        {{ crm_segmentation.clean_text('account_no') }} as crm_account_id,
        {{ crm_segmentation.clean_text('contract_type') }} as contract_type,
        {{ crm_segmentation.cast_or_null('starts_on', 'date') }} as starts_on,
        {{ crm_segmentation.cast_or_null('renews_on', 'date') }} as renews_on,
        {{ crm_segmentation.cast_or_null('ends_on', 'date') }} as ends_on,
        {{ crm_segmentation.cast_or_null('annual_amount', 'decimal(18, 2)') }}
            as annual_amount,
        {{ crm_segmentation.clean_text('currency') }} as currency_code,
        {{ crm_segmentation.clean_text('status') }} as status,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'renews_on': 'date',
            'ends_on': 'date',
            'annual_amount': 'decimal(18, 2)'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['contract_id'],
            required={
                'account_no': 'text',
                'starts_on': 'date',
                '_loaded_at': 'timestamp'
            }
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
