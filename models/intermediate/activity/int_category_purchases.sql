-- What the marts of products look at. All orders of one local day are one purchase, as
-- the lifetime of customers is counted everywhere.
{%- set as_of = crm_segmentation.as_of_date() -%}
{%- set day = crm_segmentation.date_literal(as_of) -%}
{%- set first_day = crm_segmentation.date_literal(crm_segmentation.add_days(
    as_of, -crm_segmentation.purchase_outlook_settings().window_days
)) %}

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
        and occurred_on >= {{ first_day }}
        and occurred_on < {{ day }}
        and (ended_on is null or ended_on >= {{ day }})

)

select * from final
