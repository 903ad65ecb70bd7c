with history as (
    select * from {{ ref('int_identity_history') }}
    where
        previous_account_id is not null
        and as_of_date
        <= {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
),

final as (
    select
        cast(previous_account_id as text) as old_account_id,
        cast(account_id as text) as new_account_id,
        cast(as_of_date as date) as as_of_date,
        cast(min({{ crm_segmentation.by_bytes('change') }}) as text) as change,
        cast(min({{ crm_segmentation.by_bytes('rule_name') }}) as text) as rule_name,
        cast(
            min({{ crm_segmentation.by_bytes('left_record') }}) as text
        ) as left_record,
        cast(
            min({{ crm_segmentation.by_bytes('right_record') }}) as text
        ) as right_record,
        cast(count(*) as integer) as record_count
    from history
    group by previous_account_id, account_id, as_of_date
)

select * from final
