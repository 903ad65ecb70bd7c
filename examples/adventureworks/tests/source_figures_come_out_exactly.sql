-- The figures that are known of this data set, counted in staging: a row for each one
-- that differs.
with

customers as (

    select * from {{ ref('stg_erp__customers') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

orders as (

    select * from {{ ref('stg_erp__orders') }}

),

order_lines as (

    select * from {{ ref('stg_erp__order_lines') }}

),

source_customers as (

    select * from {{ source('adventureworks', 'customer') }}

),

shared_phones as (

    select
        phone,
        count(*) as person_count
    from accounts
    where account_type = 'person'
    group by phone
    having count(*) > 1

),

orders_per_individual as (

    select
        orders.erp_customer_id,
        count(*) as order_count
    from orders
    where orders.channel = 'web'
    group by orders.erp_customer_id

),

channel_amounts as (

    select
        orders.channel,
        sum(order_lines.net_amount) as net_amount
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id
    group by orders.channel

),

figures as (

    select
        'customers' as figure,
        19820 as expected,
        (select count(*) from customers) as found
    union all
    select
        'individuals',
        18484,
        (select count(*) from accounts where account_type = 'person')
    union all
    select
        'store contacts that are customers',
        635,
        (
            select count(*) from source_customers
            where StoreID is not null and PersonID is not null
        )
    union all
    select
        'stores without a person',
        701,
        (
            select count(*) from source_customers
            where StoreID is not null and PersonID is null
        )
    union all
    select
        'stores',
        701,
        (select count(*) from accounts where account_type = 'company')
    union all
    select
        'stores that order',
        635,
        (
            select count(distinct customers.crm_account_id)
            from orders
            inner join customers
                on orders.erp_customer_id = customers.erp_customer_id
            where orders.channel = 'sales'
        )
    union all
    select
        'orders',
        31465,
        (select count(*) from orders)
    union all
    select
        'online orders',
        27659,
        (select count(*) from orders where channel = 'web')
    union all
    select
        'reseller orders',
        3806,
        (select count(*) from orders where channel = 'sales')
    union all
    select
        'order lines',
        121317,
        (select count(*) from order_lines)
    union all
    select
        'online revenue',
        29358677.22,
        (select net_amount from channel_amounts where channel = 'web')
    union all
    select
        'reseller revenue',
        80487704.18,
        (select net_amount from channel_amounts where channel = 'sales')
    union all
    select
        'different e-mail addresses of individuals',
        18484,
        (select count(distinct email) from accounts where account_type = 'person')
    union all
    select
        'shared phone numbers',
        715,
        (select count(*) from shared_phones)
    union all
    select
        'individuals who share a phone number',
        10309,
        (select sum(person_count) from shared_phones)
    union all
    select
        'individuals of the most shared phone number',
        205,
        (select max(person_count) from shared_phones)
    union all
    select
        'fewest orders of an individual',
        1,
        (select min(order_count) from orders_per_individual)
    union all
    select
        'most orders of an individual',
        28,
        (select max(order_count) from orders_per_individual)

)

select * from figures
where found is distinct from expected
