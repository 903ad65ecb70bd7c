-- The newest feedback score of each kind that an account gave.
{%- set clock = crm_segmentation.instant_literal(crm_segmentation.as_of_date()) %}

with

known_scores as (

    {{ crm_segmentation.known_facts(ref('stg_crm__feedback_scores')) }}

),

account_keys as (

    select *
    from {{ ref('int_account_keys') }}
    where source = 'crm'
        and record_type = 'account'

),

ranked as (

    select
        account_keys.account_id,
        {{ crm_segmentation.fold('known_scores.kind') }} as kind,
        known_scores.score,
        known_scores.given_at,
        row_number() over (
            partition by
                account_keys.account_id,
                {{ crm_segmentation.fold('known_scores.kind') }}
            order by
                known_scores.given_at desc nulls last,
                {{ crm_segmentation.by_bytes('known_scores.feedback_id') }}
                    desc nulls last
        ) as recency
    from known_scores
    inner join account_keys
        on known_scores.crm_account_id = account_keys.record_key
    where known_scores.given_at < {{ clock }}

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(kind as text) as kind,
        cast(score as decimal(5, 2)) as score,
        cast(given_at as timestamp) as given_at
    from ranked
    where recency = 1

)

select * from final
