with

stores as (

    select * from {{ source('adventureworks', 'store_demographics') }}

),

persons as (

    select * from {{ source('adventureworks', 'person') }}

),

person_demographics as (

    select * from {{ source('adventureworks', 'person_demographics') }}

),

emails as (

    select * from {{ source('adventureworks', 'email_address') }}

),

phones as (

    select * from {{ source('adventureworks', 'person_phone') }}

),

party_addresses as (

    select * from {{ source('adventureworks', 'business_entity_address') }}

),

addresses as (

    select * from {{ source('adventureworks', 'address') }}

),

provinces as (

    select * from {{ source('adventureworks', 'state_province') }}

),

customers as (

    select * from {{ source('adventureworks', 'customer') }}

),

orders as (

    select * from {{ source('adventureworks', 'sales_order_header') }}

),

-- The source does not keep when it met a customer (its ModifiedDate is the day of a
-- bulk change): the first order is the best that is known.
first_orders as (

    select
        coalesce(customers.StoreID, customers.PersonID) as party_id,
        min(orders.OrderDate) as first_ordered_at
    from orders
    inner join customers
        on orders.CustomerID = customers.CustomerID
    group by coalesce(customers.StoreID, customers.PersonID)

),

-- A store has a main office and may have a shipping address beside it: the main
-- office (3) and the home (2) come before shipping (5).
ranked_addresses as (

    select
        party_addresses.BusinessEntityID as party_id,
        addresses.AddressLine1 as street,
        addresses.PostalCode as postal_code,
        addresses.City as city,
        provinces.Name as region,
        provinces.CountryRegionCode as country_code,
        row_number() over (
            partition by party_addresses.BusinessEntityID
            order by
                party_addresses.AddressTypeID asc nulls last,
                party_addresses.AddressID asc nulls last
        ) as address_rank
    from party_addresses
    inner join addresses
        on party_addresses.AddressID = addresses.AddressID
    left join provinces
        on addresses.StateProvinceID = provinces.StateProvinceID

),

main_addresses as (

    select * from ranked_addresses where address_rank = 1

),

companies as (

    select
        BusinessEntityID as party_id,
        'S' || BusinessEntityID as crm_account_id,
        'company' as account_type,
        Name as account_name,
        null as first_name,
        null as last_name,
        null as birth_date,
        null as gender,
        null as email,
        null as phone,
        'bicycle retail' as industry,
        NumberEmployees as employee_count,
        AnnualRevenue as annual_revenue_amount
    from stores

),

individuals as (

    select
        persons.BusinessEntityID as party_id,
        'P' || persons.BusinessEntityID as crm_account_id,
        'person' as account_type,
        persons.FirstName || ' ' || persons.LastName as account_name,
        persons.FirstName as first_name,
        persons.LastName as last_name,
        person_demographics.BirthDate as birth_date,
        person_demographics.Gender as gender,
        emails.EmailAddress as email,
        phones.PhoneNumber as phone,
        null as industry,
        null as employee_count,
        null as annual_revenue_amount
    from persons
    left join person_demographics
        on persons.BusinessEntityID = person_demographics.BusinessEntityID
    left join emails
        on persons.BusinessEntityID = emails.BusinessEntityID
    left join phones
        on persons.BusinessEntityID = phones.BusinessEntityID
    where persons.PersonType = 'IN'

),

parties as (

    select * from companies
    union all
    select * from individuals

),

final as (

    select
        cast(parties.crm_account_id as text) as crm_account_id,
        cast(parties.account_type as text) as account_type,
        cast(parties.account_name as text) as name,
        cast(parties.first_name as text) as first_name,
        cast(parties.last_name as text) as last_name,
        cast(parties.birth_date as date) as birth_date,
        cast(parties.gender as text) as gender,
        cast(parties.email as text) as email,
        cast(parties.phone as text) as phone,
        cast(null as text) as website,
        cast(main_addresses.street as text) as street,
        cast(main_addresses.postal_code as text) as postal_code,
        cast(main_addresses.city as text) as city,
        cast(main_addresses.region as text) as region,
        cast(main_addresses.country_code as text) as country_code,
        cast(null as decimal(9, 6)) as latitude,
        cast(null as decimal(9, 6)) as longitude,
        cast(null as text) as tax_id,
        cast(parties.industry as text) as industry,
        cast(parties.employee_count as integer) as employee_count,
        cast(parties.annual_revenue_amount as decimal(18, 2))
            as annual_revenue_amount,
        cast(null as text) as tier,
        cast(null as text) as owner_name,
        cast(null as text) as language,
        cast(null as text) as household_id,
        cast(false as boolean) as is_partner,
        cast(null as text) as parent_crm_account_id,
        cast(null as text) as merged_into_crm_account_id,
        cast(null as text) as erp_customer_id,
        cast(
            coalesce(first_orders.first_ordered_at, '2011-05-31') as timestamp
        ) as created_at,
        cast(
            coalesce(first_orders.first_ordered_at, '2011-05-31') as timestamp
        ) as loaded_at
    from parties
    left join main_addresses
        on parties.party_id = main_addresses.party_id
    left join first_orders
        on parties.party_id = first_orders.party_id

)

select * from final
