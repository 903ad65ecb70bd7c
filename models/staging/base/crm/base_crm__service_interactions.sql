{%- set record_key = crm_segmentation.clean_text('interaction_id') -%}

with

raw_rows as {{ crm_segmentation.not_materialized() }} (

    select * from {{ crm_segmentation.raw('crm', 'service_interactions') }}

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
        {{ crm_segmentation.clean_text('interaction_id') }} as interaction_id,
        {{ crm_segmentation.clean_text('account_no') }} as crm_account_id,
        {{ crm_segmentation.clean_text('channel') }} as channel,
        {{ crm_segmentation.clean_text('topic') }} as topic,
        {{ crm_segmentation.clean_text('priority') }} as priority,
        {{ crm_segmentation.clean_text('status') }} as status,
        {{ crm_segmentation.cast_or_null('opened_at', 'timestamp') }} as opened_at,
        {{ crm_segmentation.cast_or_null('closed_at', 'timestamp') }} as closed_at,
        {{ crm_segmentation.cast_or_null('_loaded_at', 'timestamp') }} as loaded_at,
        {{ crm_segmentation.lost_values({
            'closed_at': 'timestamp'
        }) }} as lost_value_count,
        {{ crm_segmentation.row_fault(
            key=['interaction_id'],
            required={
                'account_no': 'text',
                'opened_at': 'timestamp',
                '_loaded_at': 'timestamp'
            },
            not_after_load=['opened_at', 'closed_at']
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
