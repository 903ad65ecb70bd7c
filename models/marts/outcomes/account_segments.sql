with

account_attributes as (

    select *
    from {{ ref('account_attributes') }}

),

spells as (

    select *
    from {{ ref('int_account_segment_spells') }}

),

-- An account that a merge or a deletion took away stays here for good: a snapshot
-- then sees it go as a change of status, dated by this run.
ever_known as (

    select account_id from account_attributes
    union
    select account_id from spells

),

final as (

    select
        cast(ever_known.account_id as text) as account_id,
        cast(
            case
                when account_attributes.account_id is not null then 'present'
                else 'gone'
            end
            as text
        ) as status,
        cast(account_attributes.rfm_segment as text) as rfm_segment,
        cast(account_attributes.cluster_id as integer) as cluster_id,
        {{ crm_segmentation.date_literal(crm_segmentation.as_of_date()) }}
            as as_of_date
    from ever_known
    left join account_attributes
        on ever_known.account_id = account_attributes.account_id

)

select * from final
