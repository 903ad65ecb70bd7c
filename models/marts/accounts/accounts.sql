{#- Master data of an account, from its CRM account where there is one, else from its
    ERP customer, else from its lead. No name, no street, no contact point. -#}
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) -%}

with accounts as (
    select * from {{ ref('int_accounts') }}
),

account_keys as (
    select * from {{ ref('int_account_keys') }}
),

crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

erp_customers as (
    select * from {{ ref('stg_erp__customers') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

-- the newest lead knows best where a customer is
leads_of_accounts as (
    select
        account_keys.account_id,
        leads.country_code,
        row_number() over (
            partition by account_keys.account_id
            order by
                case when leads.country_code is null then 1 else 0 end asc,
                leads.created_at desc nulls last,
                {{ crm_segmentation.by_bytes('leads.crm_lead_id') }} asc nulls last
        ) as position
    from leads
    inner join account_keys
        on
            leads.crm_lead_id = account_keys.record_key
            and account_keys.source = 'crm'
            and account_keys.record_type = 'lead'
),

described as (
    select
        accounts.account_id,
        accounts.kind,
        accounts.crm_account_id,
        accounts.erp_customer_id,
        parent_keys.account_id as parent_account_id,
        crm_accounts.household_id,
        crm_accounts.birth_date,
        crm_accounts.gender,
        crm_accounts.language,
        coalesce(
            crm_accounts.country_code,
            erp_customers.country_code,
            leads_of_accounts.country_code
        ) as country_code,
        crm_accounts.region,
        coalesce(crm_accounts.city, erp_customers.city) as city,
        coalesce(crm_accounts.postal_code, erp_customers.postal_code)
            as postal_code,
        crm_accounts.latitude,
        crm_accounts.longitude,
        crm_accounts.industry,
        crm_accounts.employee_count,
        crm_accounts.annual_revenue_amount,
        crm_accounts.tier,
        crm_accounts.owner_name,
        crm_accounts.is_partner,
        erp_customers.customer_group,
        erp_customers.credit_limit_amount,
        erp_customers.currency_code as credit_limit_currency_code,
        {{ crm_segmentation.local_date('accounts.founded_at') }} as first_seen_on
    from accounts
    left join crm_accounts
        on accounts.crm_account_id = crm_accounts.crm_account_id
    left join account_keys as parent_keys
        on
            crm_accounts.parent_crm_account_id = parent_keys.record_key
            and parent_keys.source = 'crm'
            and parent_keys.record_type = 'account'
    left join erp_customers
        on accounts.erp_customer_id = erp_customers.erp_customer_id
    left join leads_of_accounts
        on
            accounts.account_id = leads_of_accounts.account_id
            and leads_of_accounts.position = 1
),

final as (
    select
        cast(account_id as text) as account_id,
        {{ day }} as as_of_date,
        cast(kind as text) as kind,
        cast(crm_account_id as text) as crm_account_id,
        cast(erp_customer_id as text) as erp_customer_id,
        cast(nullif(parent_account_id, account_id) as text) as parent_account_id,
        cast(household_id as text) as household_id,
        cast(birth_date as date) as birth_date,
        cast(gender as text) as gender,
        cast(language as text) as language,
        cast(country_code as text) as country_code,
        cast(region as text) as region,
        cast(city as text) as city,
        cast(postal_code as text) as postal_code,
        cast(latitude as decimal(9, 6)) as latitude,
        cast(longitude as decimal(9, 6)) as longitude,
        cast(industry as text) as industry,
        cast(employee_count as integer) as employee_count,
        cast(annual_revenue_amount as decimal(18, 2)) as annual_revenue_amount,
        cast(tier as text) as tier,
        cast(owner_name as text) as owner_name,
        cast(is_partner as boolean) as is_partner,
        cast(customer_group as text) as customer_group,
        cast(credit_limit_amount as decimal(18, 2)) as credit_limit_amount,
        cast(credit_limit_currency_code as text) as credit_limit_currency_code,
        cast(first_seen_on as date) as first_seen_on
    from described
    -- an account that is first seen later is not there yet
    where first_seen_on < {{ day }}
)

select * from final
