with

store_contacts as (

    select * from {{ source('adventureworks', 'business_entity_contact') }}

),

persons as (

    select * from {{ source('adventureworks', 'person') }}

),

contact_types as (

    select * from {{ source('adventureworks', 'contact_type') }}

),

emails as (

    select * from {{ source('adventureworks', 'email_address') }}

),

phones as (

    select * from {{ source('adventureworks', 'person_phone') }}

),

customers as (

    select * from {{ source('adventureworks', 'customer') }}

),

final as (

    select
        cast('P' || persons.BusinessEntityID as text) as crm_contact_id,
        cast('S' || store_contacts.BusinessEntityID as text) as crm_account_id,
        cast(persons.FirstName as text) as first_name,
        cast(persons.LastName as text) as last_name,
        cast(emails.EmailAddress as text) as email,
        cast(phones.PhoneNumber as text) as phone,
        cast(contact_types.Name as text) as role,
        -- the one in whose name the store orders
        cast(customers.CustomerID is not null as boolean) as is_primary,
        cast(null as date) as birth_date,
        cast('2011-05-31' as timestamp) as created_at,
        cast('2011-05-31' as timestamp) as loaded_at
    from store_contacts
    -- contacts of vendors stand in the same table; they buy nothing
    inner join persons
        on
            store_contacts.PersonID = persons.BusinessEntityID
            and persons.PersonType = 'SC'
    left join contact_types
        on store_contacts.ContactTypeID = contact_types.ContactTypeID
    left join emails
        on persons.BusinessEntityID = emails.BusinessEntityID
    left join phones
        on persons.BusinessEntityID = phones.BusinessEntityID
    left join customers
        on
            persons.BusinessEntityID = customers.PersonID
            and store_contacts.BusinessEntityID = customers.StoreID

)

select * from final
