{#- Contracts by what a rule may ask of them. One that begins later is not there yet,
    as in identity and the KPIs; status and dates are what the CRM holds today. -#}
{%- set as_of = crm_segmentation.as_of_date() -%}
{%- set day = crm_segmentation.date_literal(as_of) -%}

with contracts as (
    {{ crm_segmentation.known_facts(ref('stg_crm__contracts')) }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

account_keys as (
    select * from {{ ref('int_account_keys') }}
    where source = 'crm' and record_type = 'account'
),

final as (
    select
        cast(contracts.contract_id as text) as contract_id,
        cast(account_keys.account_id as text) as account_id,
        {{ day }} as as_of_date,
        cast(contracts.contract_type as text) as contract_type,
        cast(contracts.status as text) as status,
        coalesce(contracts.ends_on >= {{ day }}, true) as is_running,
        cast(contracts.starts_on as date) as starts_on,
        cast(contracts.renews_on as date) as renews_on,
        cast(contracts.ends_on as date) as ends_on,
        cast(contracts.annual_amount as decimal(18, 2)) as annual_amount,
        cast(contracts.currency_code as text) as currency_code
    from contracts
    inner join account_keys
        on contracts.crm_account_id = account_keys.record_key
    inner join accounts
        on account_keys.account_id = accounts.account_id
    where contracts.starts_on < {{ day }}
)

select * from final
