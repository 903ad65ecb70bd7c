with

customers as (

    select * from {{ source('adventureworks', 'customer') }}

),

persons as (

    select * from {{ source('adventureworks', 'person') }}

),

stores as (

    select * from {{ source('adventureworks', 'store_demographics') }}

),

-- A store has two numbers: its own, and that of the contact who orders for it.
-- Both belong to the store; a number without a store is an individual's.
final as (

    select
        cast(customers.CustomerID as text) as erp_customer_id,
        cast(
            coalesce(stores.Name, persons.FirstName || ' ' || persons.LastName) as text
        ) as name,
        cast(null as text) as email,
        cast(null as text) as phone,
        cast(null as text) as street,
        cast(null as text) as postal_code,
        cast(null as text) as city,
        cast(null as text) as country_code,
        cast(null as text) as tax_id,
        cast(
            case when customers.StoreID is null then 'individual' else 'reseller' end
            as text
        ) as customer_group,
        cast(null as decimal(18, 2)) as credit_limit_amount,
        cast('USD' as text) as currency_code,
        cast(
            case
                when customers.StoreID is not null then 'S' || customers.StoreID
                else 'P' || customers.PersonID
            end as text
        ) as crm_account_id,
        cast('2011-05-31' as timestamp) as created_at,
        cast('2011-05-31' as timestamp) as loaded_at
    from customers
    left join persons
        on customers.PersonID = persons.BusinessEntityID
    left join stores
        on customers.StoreID = stores.BusinessEntityID

)

select * from final
