with

accounts as (

    select * from {{ ref('int_accounts') }}

),

persons as (

    select * from {{ source('adventureworks', 'person_demographics') }}

),

stores as (

    select * from {{ source('adventureworks', 'store_demographics') }}

),

-- TotalPurchaseYTD is negative for 8,215 people and DateFirstPurchase lies ten years
-- before the first order: both are left out, the orders know better.
final as (

    select
        cast(accounts.account_id as text) as account_id,
        cast(persons.YearlyIncome as text) as yearly_income,
        cast(persons.Education as text) as education,
        cast(persons.Occupation as text) as occupation,
        cast(persons.NumberChildrenAtHome as integer) as children_at_home,
        cast(persons.NumberCarsOwned as integer) as cars_owned,
        cast(persons.HomeOwnerFlag as boolean) as is_home_owner,
        cast(stores.Specialty as text) as store_specialty,
        cast(stores.SquareFeet as integer) as store_square_feet
    from accounts
    left join persons
        on accounts.crm_account_id = 'P' || persons.BusinessEntityID
    left join stores
        on accounts.crm_account_id = 'S' || stores.BusinessEntityID

)

select * from final
