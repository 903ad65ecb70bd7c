{#- Suppressions and hard bounces, their contact points written as in
    int_contact_points. A phone number without a calling code blocks what it can mean
    in any country: nobody may be called because a prefix was left out. -#}
with suppressions as (
    select
        suppression_id,
        {{ crm_segmentation.fold('channel') }} as channel,
        contact_point,
        reason,
        occurred_at,
        loaded_at
    from {{ ref('stg_crm__suppressions') }}
),

-- with NULL for the digits as they stand
calling_codes as (
    select
        calling_code,
        trunk_prefix
    from {{ ref('identity_calling_codes') }}
    union
    select
        cast(null as text) as calling_code,
        cast(null as text) as trunk_prefix
),

readings as (
    select
        suppression_id,
        channel,
        {{ crm_segmentation.fold('contact_point') }} as contact_point,
        reason,
        occurred_at,
        loaded_at
    from suppressions
    where channel <> 'phone'
    union all
    select
        suppressions.suppression_id,
        suppressions.channel,
        {{ crm_segmentation.phone_key(
            'suppressions.contact_point',
            'calling_codes.calling_code',
            'calling_codes.trunk_prefix'
        ) }} as contact_point,
        suppressions.reason,
        suppressions.occurred_at,
        suppressions.loaded_at
    from suppressions
    cross join calling_codes
    where suppressions.channel = 'phone'
),

final as (
    select distinct
        cast(suppression_id as text) as suppression_id,
        cast(channel as text) as channel,
        cast(contact_point as text) as contact_point,
        cast(reason as text) as reason,
        cast(occurred_at as timestamp) as occurred_at,
        cast(loaded_at as timestamp) as loaded_at
    from readings
    where contact_point is not null
)

select * from final
