{#- The people behind the accounts, by what a rule may ask of them. How to reach
    them stays in the contact points. -#}
{%- set as_of = crm_segmentation.as_of_date() -%}
{%- set day = crm_segmentation.date_literal(as_of) -%}

with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
    where created_at < {{ crm_segmentation.instant_literal(as_of) }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

contact_keys as (
    select * from {{ ref('int_account_keys') }}
    where source = 'crm' and record_type = 'contact'
),

final as (
    select
        cast(contacts.crm_contact_id as text) as contact_id,
        cast(contact_keys.account_id as text) as account_id,
        {{ day }} as as_of_date,
        cast(contacts.role as text) as role,
        coalesce(contacts.is_primary, false) as is_primary,
        contacts.email is not null as has_email,
        contacts.phone is not null as has_phone,
        cast({{ crm_segmentation.local_date('contacts.created_at') }} as date)
            as created_on
    from contacts
    inner join contact_keys
        on contacts.crm_contact_id = contact_keys.record_key
    inner join accounts
        on contact_keys.account_id = accounts.account_id
)

select * from final
