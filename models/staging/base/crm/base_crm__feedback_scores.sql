{%- set record_key = crm_segmentation.clean_text('feedback_id') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'feedback_scores') }}

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
        {{ crm_segmentation.clean_text('feedback_id') }} as feedback_id,
        {{ crm_segmentation.clean_text('account_no') }} as crm_account_id,
        {{ crm_segmentation.clean_text('kind') }} as kind,
        {{ crm_segmentation.cast_or_null('score', 'decimal(5, 2)') }} as score,
        {{ crm_segmentation.cast_or_null('given_at', 'timestamp') }} as given_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        0 as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['feedback_id'],
            required={
                'account_no': 'text',
                'kind': 'text',
                'score': 'decimal(5, 2)',
                'given_at': 'timestamp',
                '_loaded_at': 'timestamp'
            },
            not_after_load=['given_at']
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
