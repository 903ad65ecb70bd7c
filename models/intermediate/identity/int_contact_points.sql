with account_keys as (
    select * from {{ ref('int_account_keys') }}
),

records as (
    select * from {{ ref('int_identity_records') }}
),

contact_points as (
    select
        account_keys.account_id,
        'email' as channel,
        records.email_key as contact_point,
        records.node
    from records
    inner join account_keys
        on records.node = account_keys.node
    where records.email_key is not null
    union all
    select
        account_keys.account_id,
        'phone' as channel,
        records.phone_key as contact_point,
        records.node
    from records
    inner join account_keys
        on records.node = account_keys.node
    where records.phone_key is not null
),

final as (
    select
        cast(account_id as text) as account_id,
        cast(channel as text) as channel,
        cast(contact_point as text) as contact_point
    from contact_points
    group by account_id, channel, contact_point
)

select * from final
