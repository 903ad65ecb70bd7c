{%- set record_key = crm_segmentation.joined_key([
    crm_segmentation.clean_text('from_currency'),
    crm_segmentation.clean_text('to_currency'),
    crm_segmentation.cast_or_null('rate_date', 'date')
]) -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('erp', 'exchange_rates') }}

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
        {{ crm_segmentation.clean_text('from_currency') }} as from_currency,
        {{ crm_segmentation.clean_text('to_currency') }} as to_currency,
        {{ crm_segmentation.cast_or_null('rate_date', 'date') }} as rate_date,
        {{ crm_segmentation.cast_or_null('rate', 'decimal(18, 8)') }} as rate,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        0 as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['from_currency', 'to_currency', 'rate_date'],
            required={
                'rate_date': 'date',
                'rate': 'decimal(18, 8)',
                '_loaded_at': 'timestamp'
            },
            positive=['rate']
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
