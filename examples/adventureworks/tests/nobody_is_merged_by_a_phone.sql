-- 715 phone numbers are shared, 83 names belong to more than one person: each of the
-- 18,484 individuals and 701 stores is an account of its own all the same.
with

account_keys as (

    select * from {{ ref('int_account_keys') }}

),

crm_accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

resolved_accounts as (

    select
        crm_accounts.account_type,
        count(*) as record_count,
        count(distinct account_keys.account_id) as account_count
    from crm_accounts
    left join account_keys
        on
            crm_accounts.crm_account_id = account_keys.record_key
            and account_keys.source = 'crm'
            and account_keys.record_type = 'account'
    group by crm_accounts.account_type

)

select * from resolved_accounts
where
    account_count <> record_count
    or record_count <> case account_type when 'person' then 18484 else 701 end
