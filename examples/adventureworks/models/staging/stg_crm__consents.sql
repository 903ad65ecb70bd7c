with

persons as (

    select * from {{ source('adventureworks', 'person') }}

),

emails as (

    select * from {{ source('adventureworks', 'email_address') }}

),

store_contacts as (

    select * from {{ source('adventureworks', 'business_entity_contact') }}

),

-- EmailPromotion: 0 wants none, 1 from AdventureWorks, 2 from its partners too
answers as (

    select
        BusinessEntityID as person_id,
        PersonType as person_type,
        'newsletter' as purpose,
        case when EmailPromotion >= 1 then 'granted' else 'withdrawn' end as status,
        ModifiedDate as answered_at
    from persons
    union all
    select
        BusinessEntityID as person_id,
        PersonType as person_type,
        'partner_offers' as purpose,
        case when EmailPromotion >= 2 then 'granted' else 'withdrawn' end as status,
        ModifiedDate as answered_at
    from persons

),

final as (

    select
        cast(answers.purpose || ':' || answers.person_id as text) as consent_id,
        cast('email' as text) as channel,
        cast(emails.EmailAddress as text) as contact_point,
        cast(
            case
                when answers.person_type = 'IN' then 'P' || answers.person_id
                when answers.person_type = 'SC'
                    then 'S' || store_contacts.BusinessEntityID
            end as text
        ) as crm_account_id,
        cast(answers.purpose as text) as purpose,
        cast(answers.status as text) as status,
        cast(answers.answered_at as timestamp) as occurred_at,
        cast(null as timestamp) as expires_at,
        cast(answers.answered_at as timestamp) as loaded_at
    from answers
    inner join emails
        on answers.person_id = emails.BusinessEntityID
    left join store_contacts
        on answers.person_id = store_contacts.PersonID
    -- not employees, sales people and vendors
    where answers.person_type in ('IN', 'SC', 'GC')

)

select * from final
