-- The newest answer of an account to every declared question, and its newest
-- feedback scores. An answer that is no number counts as no answer, not as a reason
-- to look for an older one.
{%- set clock = crm_segmentation.instant_literal(crm_segmentation.as_of_date()) %}

with

known_answers as (

    {{ crm_segmentation.known_facts(ref('stg_crm__survey_answers')) }}

),

known_scores as (

    {{ crm_segmentation.known_facts(ref('stg_crm__feedback_scores')) }}

),

account_keys as (

    select *
    from {{ ref('int_account_keys') }}
    where source = 'crm'
        and record_type = 'account'

),

given as (

    select
        crm_account_id,
        {{ crm_segmentation.fold('question') }} as attribute,
        {{ crm_segmentation.safe_cast('answer', 'decimal(18, 2)') }} as value,
        answered_at as given_at,
        'survey:' || answer_id as answer_key
    from known_answers
    union all
    select
        crm_account_id,
        {{ crm_segmentation.fold('kind') }} || '_score' as attribute,
        cast(score as decimal(18, 2)) as value,
        given_at,
        'feedback:' || feedback_id as answer_key
    from known_scores

),

ranked as (

    select
        account_keys.account_id,
        given.attribute,
        given.value,
        given.given_at,
        row_number() over (
            partition by account_keys.account_id, given.attribute
            order by
                given.given_at desc,
                {{ crm_segmentation.by_bytes('given.answer_key') }} desc
        ) as recency
    from given
    inner join account_keys
        on given.crm_account_id = account_keys.record_key
    where given.given_at < {{ clock }}

),

final as (

    select
        cast(account_id as text) as account_id,
        cast(attribute as text) as attribute,
        cast(value as decimal(18, 2)) as value,
        cast(given_at as timestamp) as given_at
    from ranked
    where recency = 1

)

select * from final
