-- What the marts of products look at. All orders of one local day are one purchase, as
-- the lifetime of customers is counted everywhere.
{%- set day = crm_segmentation.date_literal(crm_segmentation.as_of_date()) %}

with

activity as (

    select * from {{ ref('int_activity_by_day') }}

),

final as (

    select distinct
        cast(account_id as text) as account_id,
        cast(occurred_on as date) as purchased_on,
        cast(category as text) as category,
        {{ day }} as as_of_date
    from activity
    where event_name = 'order_with_category'
        and {{ crm_segmentation.in_purchase_outlook() }}

)

select * from final
