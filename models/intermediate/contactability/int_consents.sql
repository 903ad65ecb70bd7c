{#- Consents, their contact points written as in int_contact_points. A phone number
    without a calling code is read in the country of the account that it came with. -#}
with consents as (
    select * from {{ ref('stg_crm__consents') }}
),

crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

calling_codes as (
    select * from {{ ref('identity_calling_codes') }}
),

final as (
    select
        cast(consents.consent_id as text) as consent_id,
        cast({{ crm_segmentation.fold('consents.channel') }} as text) as channel,
        cast(
            case
                when {{ crm_segmentation.fold('consents.channel') }} = 'phone'
                    then {{ crm_segmentation.phone_key(
                        'consents.contact_point',
                        'calling_codes.calling_code',
                        'calling_codes.trunk_prefix'
                    ) }}
                else {{ crm_segmentation.fold('consents.contact_point') }}
            end
            as text
        ) as contact_point,
        cast({{ crm_segmentation.fold('consents.purpose') }} as text) as purpose,
        cast({{ crm_segmentation.fold('consents.status') }} as text) as status,
        cast(consents.occurred_at as timestamp) as occurred_at,
        cast(consents.expires_at as timestamp) as expires_at,
        cast(consents.loaded_at as timestamp) as loaded_at
    from consents
    left join crm_accounts
        on consents.crm_account_id = crm_accounts.crm_account_id
    left join calling_codes
        on {{ crm_segmentation.upper_code('crm_accounts.country_code') }}
            = calling_codes.country_code
)

select * from final
