with account_keys as (
    select * from {{ ref('int_account_keys') }}
),

crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

-- The account that others were merged into survives; among equals the oldest.
ranked_crm_accounts as (
    select
        account_keys.account_id,
        account_keys.record_key,
        row_number() over (
            partition by account_keys.account_id
            order by
                case
                    when crm_accounts.crm_account_id is null then 3
                    when crm_accounts.merged_into_crm_account_id is not null then 2
                    else 1
                end,
                account_keys.node
        ) as place
    from account_keys
    left join crm_accounts
        on account_keys.record_key = crm_accounts.crm_account_id
    where
        account_keys.source = 'crm'
        and account_keys.record_type = 'account'
),

ranked_erp_customers as (
    select
        account_id,
        record_key,
        row_number() over (
            partition by account_id
            order by node
        ) as place
    from account_keys
    where
        source = 'erp'
        and record_type = 'customer'
),

founders as (
    select * from account_keys
    where node = founding_node
),

final as (
    select
        cast(founders.account_id as text) as account_id,
        cast(founders.kind as text) as kind,
        cast(founders.first_seen_at as timestamp) as founded_at,
        cast(founders.source as text) as founding_source,
        cast(ranked_crm_accounts.record_key as text) as crm_account_id,
        cast(ranked_erp_customers.record_key as text) as erp_customer_id
    from founders
    left join ranked_crm_accounts
        on
            founders.account_id = ranked_crm_accounts.account_id
            and ranked_crm_accounts.place = 1
    left join ranked_erp_customers
        on
            founders.account_id = ranked_erp_customers.account_id
            and ranked_erp_customers.place = 1
)

select * from final
