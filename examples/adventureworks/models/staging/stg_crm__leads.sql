with

persons as (

    select * from {{ source('adventureworks', 'person') }}

),

emails as (

    select * from {{ source('adventureworks', 'email_address') }}

),

phones as (

    select * from {{ source('adventureworks', 'person_phone') }}

),

-- A "general contact" has left an address and never bought.
final as (

    select
        cast('P' || persons.BusinessEntityID as text) as crm_lead_id,
        cast(persons.FirstName as text) as first_name,
        cast(persons.LastName as text) as last_name,
        cast(null as text) as company_name,
        cast(emails.EmailAddress as text) as email,
        cast(phones.PhoneNumber as text) as phone,
        cast(null as text) as country_code,
        cast('open' as text) as status,
        cast('general contact' as text) as lead_source,
        cast(null as text) as converted_crm_account_id,
        cast(persons.ModifiedDate as timestamp) as created_at,
        cast(persons.ModifiedDate as timestamp) as loaded_at
    from persons
    left join emails
        on persons.BusinessEntityID = emails.BusinessEntityID
    left join phones
        on persons.BusinessEntityID = phones.BusinessEntityID
    where persons.PersonType = 'GC'

)

select * from final
