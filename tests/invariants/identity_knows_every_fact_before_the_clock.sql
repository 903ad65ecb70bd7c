-- Every order and web event before the clock finds its account.
with account_keys as (
    select * from {{ ref('int_account_keys') }}
),

facts as (
    select
        'order' as fact,
        order_id as fact_key,
        'erp' as source,
        case
            when erp_customer_id is null then 'guest' else 'customer'
        end as record_type,
        coalesce(
            erp_customer_id,
            {{ crm_segmentation.fold('guest_email') }},
            'order:' || order_id
        ) as record_key
    from {{ ref('stg_erp__orders') }}
    where {{ crm_segmentation.identity_sees('ordered_at', 'loaded_at') }}
    union all
    select
        'event' as fact,
        event_id as fact_key,
        'web' as source,
        'visitor' as record_type,
        visitor_id as record_key
    from {{ ref('stg_web__events') }}
    where {{ crm_segmentation.identity_sees('occurred_at', 'loaded_at') }}
    union all
    select
        'service interaction' as fact,
        interaction_id as fact_key,
        'crm' as source,
        'account' as record_type,
        crm_account_id as record_key
    from {{ ref('stg_crm__service_interactions') }}
    where {{ crm_segmentation.identity_sees('opened_at', 'loaded_at') }}
)

select
    facts.fact,
    facts.fact_key
from facts
left join account_keys
    on
        facts.source = account_keys.source
        and facts.record_type = account_keys.record_type
        and facts.record_key = account_keys.record_key
where account_keys.account_id is null
